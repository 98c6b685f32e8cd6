import { describe, expect, it } from "vitest";
import { replayJob } from "../../../src/app/jobs/replay.ts";
import type { PlannedReplay, Replay } from "../../../src/domain/jobs/replay.ts";
import { ensureNear } from "../../../src/domain/jobs/replay.ts";
import { NO_RECEIPT } from "../../../src/domain/models/receipt.ts";
import { aCheckpoint, aChunk } from "../../contract/fixtures.ts";
import { openDependencies, plainCompute, queueJob } from "./dependencies.ts";

const START = { step: 0, ask: [] } as const;

/** Services whose compute pool replays when it is told to. */
async function withReplays(multiplyAdds = 1) {
  const replayed = Promise.withResolvers<Replay>();
  const began = Promise.withResolvers<void>();
  const computePool = {
    ...plainCompute(),
    replaySize: async (run: never) => ({ stepsPerEpoch: 4, multiplyAdds, run }),
    replay: () => {
      began.resolve();
      return replayed.promise;
    },
  };
  const services = await openDependencies({ computePool: { ...computePool, ofProject: () => computePool } });
  return { services, began: began.promise, finish: () => replayed.resolve({ step: 0 } as Replay), fail: replayed.reject };
}

type Opened = Awaited<ReturnType<typeof withReplays>>["services"];

/** The services, in which jobs read otherwise. */
function withJob(services: Opened, { spec, ...values }: { readonly spec?: object; readonly project?: string }): Opened {
  const { get, ...jobs } = services.store.jobs;
  const changed = async (id: string) => {
    const known = await get(id);
    return { ...known, ...values, spec: { ...known?.spec, ...spec } };
  };
  return { ...services, store: { ...services.store, jobs: { ...jobs, get: changed } } } as Opened;
}

describe("a replay", () => {
  it("is one at a time in a project, and gives its place back however it ends", async () => {
    const { services, began, fail } = await withReplays();
    const { id } = await queueJob(services);
    const first = replayJob(services, id, START);
    await began;
    await expect(replayJob(services, id, START)).rejects.toMatchObject({ code: "rate_limited" });
    fail(new Error("a bug"));
    await expect(first).rejects.toThrow("a bug");
    const again = await withReplays();
    again.finish();
    const job = await queueJob(again.services);
    expect(await replayJob(again.services, job.id, START)).toEqual({ step: 0 });
  });

  it("of a job that is deleted meanwhile is not found", async () => {
    const { services, began, fail } = await withReplays();
    const { id } = await queueJob(services);
    const replay = replayJob(services, id, START);
    await began;
    await services.store.jobs.transition(id, { from: ["queued"], to: { state: "cancelled", at: 1, reason: "a test" } });
    expect(await services.store.jobs.delete(id)).toBe(true);
    fail(new Error("its rows are gone"));
    await expect(replay).rejects.toMatchObject({ code: "not_found" });
  });

  it("is refused for a step that was not done, and for one too far from what is stored", async () => {
    const { services, finish } = await withReplays(1e10);
    finish();
    const { id } = await queueJob(services);
    await expect(replayJob(services, id, { ...START, step: 1 })).rejects.toMatchObject({
      code: "invalid",
      errors: [{ pointer: "/step", detail: "the job has done 0 steps: ask for 0 to 0" }],
    });
    await services.store.queue.claim(1);
    await services.store.metrics.append(id, 1, aChunk(1, 5));
    await expect(replayJob(services, id, { ...START, step: 20 })).rejects.toMatchObject({
      code: "invalid",
      errors: [{ detail: expect.stringContaining("20 steps before it, but at most 0 can be replayed") }],
    });
  });

  it("is refused at the step behind its budget, of multiply-adds or of steps, and no earlier", () => {
    for (const [multiplyAdds, most] of [
      [5e6, 1000],
      [1, 1_000_000],
    ] as const) {
      expect(() => ensureNear(most, multiplyAdds)).not.toThrow();
      expect(() => ensureNear(most + 1, multiplyAdds)).toThrow(
        expect.objectContaining({
          code: "invalid",
          errors: [
            { pointer: "/step", detail: expect.stringMatching(`at most ${most} can be replayed: .*checkpoint.every_epochs`) },
          ],
        }),
      );
    }
  });

  it("is one of two in the process, and the third is told to ask again", async () => {
    const places = await Promise.all([withReplays(), withReplays()]);
    const others = await Promise.all(
      places.map(async ({ services, began }, index) => {
        const { id } = await queueJob(services);
        const replaying = replayJob(withJob(services, { project: `p${index}` }), id, START);
        await began;
        return { replaying };
      }),
    );
    const { services, finish } = await withReplays();
    finish();
    const { id } = await queueJob(services);
    await expect(replayJob(services, id, START)).rejects.toMatchObject({ code: "unavailable" });
    for (const place of places) place.finish();
    for (const { replaying } of others) await replaying;
    expect(await replayJob(services, id, START)).toEqual({ step: 0 });
  });

  it("is refused for what has no steps of one network, and where its data set is gone", async () => {
    const { services, finish } = await withReplays();
    finish();
    const { id } = await queueJob(services);
    for (const [spec, cure] of [
      [{ influence: { model: "mdl_x" } }, "replay the job of mdl_x"],
      [{ seeds: { model: "mdl_x" } }, "replay the job of mdl_x"],
      [{ model: { auto: { trials: 2 } } }, "replay a job with the model of one of its candidates"],
      [{ data: { dataset: { id: "ds_gone" } } }, "the data set ds_gone was deleted"],
    ] as const)
      await expect(replayJob(withJob(services, { spec }), id, START)).rejects.toMatchObject({
        code: "conflict",
        message: expect.stringContaining(cure),
      });
  });

  it("knows by the model, or else by a checkpoint, which engine trained the job", async () => {
    const asked: (string | null)[] = [];
    const computePool = {
      ...plainCompute(),
      replaySize: async (run: never) => ({ stepsPerEpoch: 4, multiplyAdds: 1, run }),
      replay: async (_run: unknown, { trainedBy }: PlannedReplay) => {
        asked.push(trainedBy);
        return { step: 0 } as Replay;
      },
    };
    const services = await openDependencies({ computePool: { ...computePool, ofProject: () => computePool } });
    const { id } = await queueJob(services);
    await replayJob(services, id, START);
    await services.store.queue.claim(1);
    const of = (engineVersion: string) => ({ ...aCheckpoint().model, receipt: { ...NO_RECEIPT, engineVersion } });
    await services.store.checkpoints.insert(id, 1, 1, aCheckpoint({ epoch: 3, model: of("1") }));
    await replayJob(services, id, START);
    expect(asked).toEqual([null, "1"]);
  });

  it("is refused for a job that takes more than a quarter of the memory for jobs", async () => {
    const { services } = await withReplays();
    const { id } = await queueJob(services);
    const small = { ...services, limits: { ...services.limits, memoryBytes: 1 } };
    await expect(replayJob(small, id, START)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("a quarter of TRAINYARD_MEMORY_BYTES"),
    });
  });
});
