/** Counts on their way into the store: processes that serve one model, and one that dies between a window and its verdict. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCountKeeper } from "../../../src/app/monitoring/store-counts.ts";
import { createId } from "../../../src/domain/id.ts";
import type { Model } from "../../../src/domain/models/model.ts";
import { WINDOW_ROWS } from "../../../src/domain/monitoring/drift.ts";
import type { CountedModel } from "../../../src/domain/ports.ts";
import type { Store } from "../../../src/domain/store/store.ts";
import { openStore } from "../../../src/storage/open.ts";
import { temporaryFolder } from "../../contract/databases/temporary.ts";
import { aModel, someWeights } from "../../contract/fixtures.ts";

/** A model of one column, whose training rows were below and above 0 as often. */
const REFERENCE: NonNullable<Model["reference"]> = {
  rows: 10_000,
  columns: [{ edges: [0], counts: [5000, 5000, 0] }],
  answers: { part: "train", rows: 10_000, columns: [] },
};
const URL = "https://example.com/drift";

let store: Store;
let modelId: string;
beforeEach(async () => {
  store = await openStore({ dataDir: await temporaryFolder() });
  const model = { ...aModel("job_a"), id: createId("model"), name: "asked", jobId: null, reference: REFERENCE };
  modelId = (await store.models.insert(model, someWeights())).id;
  await store.monitors.configure(modelId, { webhook: URL }, 1);
});
afterEach(() => store.close());

/** A process that serves the model: it counts rows below and above 0, and stores them when it is told to. */
function serve() {
  let counted: CountedModel[] = [];
  const keeper = startCountKeeper(
    {
      store,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      computePool: {
        counted: {
          isOn: true,
          take() {
            const taken = counted;
            counted = [];
            return taken;
          },
          sample() {},
          onWindow() {},
        },
      } as never,
    },
    1e9,
  );
  return {
    ...keeper,
    count(below: number, above: number) {
      counted.push({ modelId, rows: below + above, counts: Float64Array.of(below, above, 0), sampled: [] });
    },
  };
}

const sent = async () =>
  (await store.deliveries.list(modelId, { limit: 100 })).data.map(
    ({ body }) => JSON.parse(body) as { type: string; data: object },
  );

describe("counts of predictions", () => {
  it("are judged by the next process where one was killed between a window and its verdict", async () => {
    // The window is stored, and whoever stored it died.
    await store.monitors.add(modelId, { rows: WINDOW_ROWS, counts: Float64Array.of(0, WINDOW_ROWS, 0) }, WINDOW_ROWS, 1);
    expect((await store.monitors.listWindows(modelId, 9))[0]?.verdict).toBeNull();
    const after = serve();
    after.count(1, 0);
    await after.flush();
    // Two windows that differ alike: one message, of the first.
    after.count(0, WINDOW_ROWS);
    await after.stop();
    const windows = await store.monitors.listWindows(modelId, 9);
    expect(windows.map(({ number, verdict }) => [number, verdict?.drifted.length])).toEqual([
      [2, 1],
      [1, 1],
    ]);
    expect(await sent()).toMatchObject([{ type: "model.drifted", data: { window: { number: 1 } } }]);
  });

  it("add up where several processes serve a model, and drift is told once", async () => {
    const processes = [serve(), serve(), serve()];
    for (let round = 0; round < 20; round++) {
      for (const each of processes) each.count(0, 100);
      await Promise.all(processes.map(({ flush }) => flush()));
    }
    await Promise.all(processes.map(({ stop }) => stop()));
    expect(await store.monitors.get(modelId)).toMatchObject({ rows: 6000 });
    const windows = await store.monitors.listWindows(modelId, 48);
    expect(windows.reduce((rows, window) => rows + window.rows, 0) + ((await store.monitors.get(modelId))?.openRows ?? 0)).toBe(
      6000,
    );
    expect(windows.every(({ verdict }) => verdict !== null)).toBe(true);
    expect((await sent()).map(({ type }) => type)).toEqual(["model.drifted"]);
  });
});
