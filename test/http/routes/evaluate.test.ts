/** Evaluations and comparisons whose clients leave: threads go on with what others have asked. Over real sockets, with threads that hang. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Preprocessing } from "../../../src/domain/datasets/preprocessing.ts";
import type { ComputePool } from "../../../src/domain/ports.ts";
import { createComputePool } from "../../../src/worker/compute/compute-pool.ts";
import { storeUnit } from "../models-at-hand.ts";
import { openStagedApp, type StagedApp } from "../staged-app.ts";

const PREPROCESSING: Preprocessing = {
  columns: [{ kind: "numeric", column: "x", integer: false, fill: 0, indicator: false, scaling: { offset: 0, scale: 1 } }],
  targets: [{ column: "y", scaling: null }],
  ignored: [],
};

let staged: StagedApp;
let pool: ComputePool;
let [url, dataset] = ["", ""];
/** The models that threads were asked about, and requests that came. */
let asked: string[] = [];
let received = 0;
beforeAll(async () => {
  staged = await openStagedApp();
  const { computePool, limits, store } = staged.services;
  const entry = new URL("../../worker/stand-in-tasks.ts", import.meta.url);
  // Without a limit that would end what hangs.
  pool = createComputePool({ limits, threads: 1, startsLate: true, taskMs: 1e9, onError: () => undefined, entry });
  const until = (signal: AbortSignal): ComputePool => {
    const own = pool.until(signal);
    return {
      ...own,
      evaluate: (model, table, load) =>
        own.evaluate(model, table, async () => {
          const weights = await load();
          asked.push(model.name);
          return weights;
        }),
      compareOnDataset: (a, b, table) => {
        asked.push(a.model.name);
        return own.compareOnDataset(a, b, table);
      },
    };
  };
  Object.assign(computePool, { until });
  for (const name of ["slow", "quick", "other"]) await storeUnit(store, name, PREPROCESSING, { weightOf: () => 1, bias: 0 });
  const headers = { "content-type": "text/csv" };
  const payload = "x,y\r\n1,no\r\n2,yes\r\n3,yes\r\n";
  const uploaded = await staged.app.inject({ method: "POST", url: "/v1/datasets?name=few", headers, payload });
  dataset = uploaded.json<{ id: string }>().id;
  url = await staged.listen();
  staged.app.server.on("request", () => {
    received += 1;
  });
});
afterAll(async () => {
  await staged.close();
  await pool.close();
});
beforeEach(() => {
  asked = [];
  received = 0;
  staged.logged.length = 0;
});

const evaluate = (model: string, signal: AbortSignal | null = null) => {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ dataset: { id: dataset } });
  return fetch(`${url}/v1/models/${model}/evaluate`, { method: "POST", headers, body, signal });
};
const compare = (a: string, b: string, signal: AbortSignal | null = null) =>
  fetch(`${url}/v1/models/${a}/compare/scores?with=${b}&dataset=${dataset}`, { signal });

/** Nobody was answered who has left, and nothing was out of order. */
async function expectLeft(count: number): Promise<void> {
  const requests = () => staged.logged.filter(({ msg }) => msg === "request");
  await vi.waitFor(() => expect(requests()).toHaveLength(received), { timeout: 20_000 });
  const left = requests().filter(({ ending }) => ending !== undefined);
  expect(left).toHaveLength(count);
  expect(left).toEqual(left.map((line) => ({ ...line, status: 499, ending: "left" })));
  expect(staged.logged.filter(({ level }) => (level as number) >= 40)).toEqual([]);
}

describe("a client that leaves", () => {
  it("gives back the thread that evaluates for it, and its place among those that wait", async () => {
    expect((await evaluate("quick")).status).toBe(200);
    const leaving = new AbortController();
    const left = [evaluate("slow", leaving.signal), evaluate("slow", leaving.signal)];
    await vi.waitFor(() => expect(asked).toEqual(["quick", "slow", "slow"]), { timeout: 20_000 });
    const next = evaluate("quick");
    leaving.abort();
    for (const each of left) await expect(each).rejects.toThrow();
    expect((await next).status).toBe(200);
    await expectLeft(2);
  });

  it("gives back the turn of its comparison, and one that waits for a turn never begins", async () => {
    expect((await compare("quick", "other")).status).toBe(200);
    const leaving = new AbortController();
    const underWay = compare("slow", "other", leaving.signal);
    await vi.waitFor(() => expect(asked).toEqual(["quick", "slow"]), { timeout: 20_000 });
    const waiting = compare("slow", "quick", leaving.signal);
    await vi.waitFor(() => expect(received).toBe(3), { timeout: 20_000 });
    const next = compare("quick", "other");
    leaving.abort();
    for (const each of [underWay, waiting]) await expect(each).rejects.toThrow();
    expect(await (await next).json()).toMatchObject({ rows: 3 });
    expect(asked).toEqual(["quick", "slow", "quick"]);
    await expectLeft(2);
  });
});
