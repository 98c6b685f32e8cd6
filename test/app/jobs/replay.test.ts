import { describe, expect, it } from "vitest";
import { replayJob } from "../../../src/app/jobs/replay.ts";
import type { Replay } from "../../../src/domain/jobs/replay.ts";
import { aChunk } from "../../contract/fixtures.ts";
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
      errors: [{ detail: expect.stringContaining("20 steps before it, and at most 0 are replayed") }],
    });
  });

  it("ends between its parts when nobody wants it any more", async () => {
    const { services } = await withReplays();
    const { id } = await queueJob(services);
    await expect(replayJob(services, id, START, () => false)).rejects.toMatchObject({ code: "unavailable" });
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
