import { describe, expect, it } from "vitest";
import { predictNow, predictRows } from "../../../src/app/models/predict.ts";
import { predictStream } from "../../../src/app/models/predict-stream.ts";
import type { ComputePool } from "../../../src/domain/ports.ts";
import { aModel, aSuccess, someWeights } from "../../contract/fixtures.ts";
import { openDependencies, plainCompute, queueJob } from "../jobs/dependencies.ts";

const predicting = (predict: Partial<ComputePool["predict"]>): ComputePool => {
  const computePool = plainCompute();
  const used: ComputePool = {
    ...{ ...computePool, predict: { ...computePool.predict, ...predict } },
    ofProject: () => used,
    until: () => used,
  };
  return used;
};

async function* stream(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

describe("predict", () => {
  const model = aModel("job_a");
  const regression = { ...model, task: "regression" as const };

  it("refuses no rows, too many rows, and top_k of a regression, alike at every entrance, before a model sees them", async () => {
    const untouched = () => {
      throw new Error("the compute pool was asked");
    };
    const dependencies = await openDependencies({ computePool: predicting({ now: untouched, rows: untouched }) });
    const wrong = [
      { model, asked: { instances: [] }, error: { code: "invalid", errors: [{ pointer: "/instances" }] } },
      {
        model,
        asked: { instances: Array(6).fill([1, 2]) },
        error: { code: "too_large", message: expect.stringContaining("limit of 5"), errors: [{ pointer: "/instances" }] },
      },
      {
        model: { ...regression, classes: [], outputWidth: 1_000_000 },
        asked: { instances: Array(5).fill([1, 2]) },
        error: { code: "too_large", message: expect.stringContaining("5000000 numbers"), errors: [{ pointer: "/instances" }] },
      },
      { model: regression, asked: { instances: [[1]], topK: 2 }, error: { code: "invalid", errors: [{ pointer: "/top_k" }] } },
    ];
    for (const { model, asked, error } of wrong) {
      await expect(predictRows(dependencies, model, asked)).rejects.toMatchObject(error);
      await expect(async () => predictNow(dependencies, model, asked)).rejects.toMatchObject(error);
    }
  });

  it("refuses unknown models and top_k of a regression for a stream too", async () => {
    const dependencies = await openDependencies();
    const options = { format: "ndjson", header: "auto", topK: 1 } as const;
    await expect(predictStream(dependencies, "mdl_none", stream("[1]"), options)).rejects.toMatchObject({ code: "not_found" });
    const { store } = dependencies;
    const { id } = await queueJob(dependencies);
    await dependencies.queue.claim();
    const outcome = aSuccess(id);
    await store.jobs.finish(id, 1, 9, "done", { ...outcome, model: { ...outcome.model, task: "regression" } });
    await expect(predictStream(dependencies, outcome.model.id, stream("[1]"), options)).rejects.toMatchObject({
      code: "invalid",
      errors: [{ pointer: "/top_k" }],
    });
  });

  it("names what is wrong with the rows", async () => {
    const errors = [{ pointer: "/instances/3/1", detail: "is not a number" }];
    const refused = { ok: false as const, errors };
    const dependencies = await openDependencies({ computePool: predicting({ now: () => refused, rows: async () => refused }) });
    const asked = { instances: [[1, 2]] };
    await expect(predictRows(dependencies, model, asked)).rejects.toMatchObject({ code: "invalid", errors });
    expect(() => predictNow(dependencies, model, asked)).toThrow("/instances/3/1");
  });

  it("answers in the same turn of the event loop what the compute pool answers so", async () => {
    const predicted = { ok: true as const, predictions: [{ value: 3 }], remarks: [] };
    const dependencies = await openDependencies({ computePool: predicting({ now: () => predicted }) });
    expect(predictNow(dependencies, model, { instances: [[1, 2]] })).toBe(predicted);
    expect(predictNow(await openDependencies(), model, { instances: [[1, 2]] })).toBeNull();
  });

  it("loads the weights of the model when the compute pool asks for them", async () => {
    const dependencies = await openDependencies({
      computePool: predicting({
        rows: async (_, __, load) => {
          expect(await load()).toEqual(someWeights());
          return { ok: true, predictions: [{ value: 3 }], remarks: [] };
        },
      }),
    });
    const { id } = await queueJob(dependencies);
    await dependencies.queue.claim();
    const outcome = aSuccess(id);
    await dependencies.store.jobs.finish(id, 1, 9, "done", outcome);
    const stored = { ...model, id: outcome.model.id };
    expect((await predictRows(dependencies, stored, { instances: [[1, 2]] })).predictions).toEqual([{ value: 3 }]);
    await expect(predictRows(dependencies, model, { instances: [[1, 2]] })).rejects.toMatchObject({ code: "not_found" });
  });
});
