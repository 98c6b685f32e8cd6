import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import type { NetworkSpec } from "../../../src/domain/spec/spec.ts";
import type { Invitation } from "../../../src/engine/index.ts";
import { loadData } from "../../../src/training/data/data.ts";
import { evaluateModel } from "../../../src/training/evaluate/evaluate-model.ts";
import { train } from "../../../src/training/run/train.ts";
import { jobRecord, prepare } from "../train.ts";

it("an evaluation that threads share is that of one thread, and sends them away", { timeout: 60_000 }, async () => {
  const prepared = prepare({
    data: { generator: { type: "blobs", samples: 900, features: 100, classes: 3, seed: 1 } },
    model: { layers: [{ type: "linear", units: 512 }, "relu", { type: "linear", units: 512 }, "tanh", { type: "linear" }] },
    ...{ split: { validation: 0.4 }, epochs: 1, batch_size: 128 },
  });
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  const run = { job: jobRecord(prepared, 0), payload: prepared.payload, dataset: null, checkpoint: null };
  const nothing = () => undefined;
  const control = { cancelled: () => false, stopping: () => null, storing: () => false, save: nothing, settle: nothing };
  const result = train(run, { ...control, report: nothing });
  if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
  const { model, weights, evaluation } = result;
  const joined = new Int32Array(new SharedArrayBuffer(4));
  const members: Worker[] = [];
  const share = (invitation: Invitation) => {
    const workerData = { invitation, joined };
    members.push(new Worker(new URL("./evaluating-member.ts", import.meta.url), { workerData }));
    expect(Atomics.wait(joined, 0, 0, 30_000)).not.toBe("timed-out");
  };
  const evaluated = evaluateModel(model, weights, loadData(run), (prepared.spec as NetworkSpec).seed, share);
  expect(members).toHaveLength(1);
  expect(evaluated.evaluation).toEqual(evaluation);
  expect(evaluated.score).toEqual(model.score);
  expect(await once(members[0] as Worker, "exit")).toEqual([0]);
});
