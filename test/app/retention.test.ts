import { expect, it } from "vitest";
import { exportCsv } from "../../src/app/metrics/export-metrics.ts";
import { readEvents, readMetrics } from "../../src/app/metrics/history.ts";
import { startSweeper, sweep } from "../../src/app/retention.ts";
import { aCheckpoint, aNewJob, aSlice } from "../contract/fixtures.ts";
import { aHookedJob } from "../contract/outbox.ts";
import { openWorld, type TestWorld } from "./jobs/dependencies.ts";

const NEVER = new AbortController().signal;
const KEPT = { jobsMs: null, metricsMs: null, checkpointsMs: null, deliveriesMs: null };

async function endedJob({ store }: TestWorld, at: number, job = aNewJob()): Promise<string> {
  await store.insertJob(job);
  await store.transition(job.id, { from: ["queued"], to: { state: "cancelled", at, reason: "a test" } });
  return job.id;
}

it("jobs that ended long enough ago go, with a hint; others stay, and those that have not ended", async () => {
  const world = await openWorld();
  const old = await Promise.all(Array.from({ length: 60 }, () => endedJob(world, 1000)));
  const young = await endedJob(world, 5000);
  const { id: queued } = await world.store.insertJob({ ...aNewJob(), createdAt: 1 });
  const removed: string[] = [];
  world.bus.subscribeAll((hint) => {
    if ("removed" in hint && hint.removed) removed.push((hint as { jobId: string }).jobId);
  });
  expect(await sweep(world, { ...KEPT, jobsMs: 1000 }, 5500, NEVER)).toMatchObject({ jobs: 60 });
  expect(removed.sort()).toEqual(old.sort());
  expect(await world.store.getJob(old[0] as string)).toBeNull();
  expect((await world.store.getJob(young))?.state).toBe("cancelled");
  expect((await world.store.getJob(queued))?.state).toBe("queued");
});

it("checkpoints go before their jobs", async () => {
  const world = await openWorld();
  const { id } = await world.store.insertJob(aNewJob());
  await world.store.claimJob(1);
  await world.store.insertCheckpoint(id, 1, 2, aCheckpoint());
  await world.store.finishJob(id, 1, 1000, "a test", { state: "cancelled", metrics: null });
  expect(await sweep(world, { ...KEPT, checkpointsMs: 5000 }, 5000, NEVER)).toMatchObject({ jobs_without_checkpoints: 0 });
  expect(await sweep(world, { ...KEPT, checkpointsMs: 1000 }, 5000, NEVER)).toMatchObject({ jobs_without_checkpoints: 1 });
  expect((await world.store.listCheckpoints(id, { limit: 10 })).data).toEqual([]);
  expect((await world.store.getJob(id))?.state).toBe("cancelled");
});

it("the values of epochs go before their jobs: the sequence of events stays whole, and readers are told how many there were", async () => {
  const world = await openWorld();
  const { id } = await world.store.insertJob(aNewJob());
  await world.store.claimJob(1);
  await world.store.appendMetrics(id, 1, aSlice(1, 1000));
  await world.store.finishJob(id, 1, 1000, "a test", { state: "cancelled", metrics: null });
  expect(await sweep(world, { ...KEPT, metricsMs: 5000 }, 5000, NEVER)).toMatchObject({ jobs_without_metrics: 0 });
  expect(await sweep(world, { ...KEPT, metricsMs: 1000 }, 5000, NEVER)).toMatchObject({ jobs_without_metrics: 1 });
  expect(await sweep(world, { ...KEPT, metricsMs: 1000 }, 5000, NEVER)).toMatchObject({ jobs_without_metrics: 0 });
  const { frames, hasMore } = await readEvents(world, id, { after: 0, limit: 100 });
  const events = frames.map(({ json }) => JSON.parse(new TextDecoder().decode(json)) as Record<string, unknown>);
  expect(events.map(({ seq, type }) => [seq, type])).toEqual([
    [1, "state"],
    [2, "state"],
    [3, "metrics"],
    [4, "state"],
  ]);
  expect(events[2]).toMatchObject({ from: 1, to: 1000, total: 1000, returned: 0, epochs: [], series: {} });
  expect(hasMore).toBe(false);
  for (const points of [10, 100_000])
    expect(await readMetrics(world, id, { from: 1, points })).toMatchObject({ total: 1000, returned: 0 });
  const reading = async () => {
    for await (const chunk of (await exportCsv(world, id, { from: 1 })).chunks) expect(chunk).toBeDefined();
  };
  await expect(reading()).rejects.toThrow("no longer kept");
  expect(await world.store.getJob(id)).toMatchObject({ epochsDone: 1000, metrics: { final: { loss: expect.any(Number) } } });
});

it("settled deliveries and day-old keys go; what is still to be delivered stays", async () => {
  const world = await openWorld();
  const [settled, pending] = [await endedJob(world, 10, aHookedJob()), await endedJob(world, 10, aHookedJob())];
  const [first] = (await world.store.listDeliveries(settled, { limit: 1 })).data;
  const attempt = { at: 10, status: 200, error: null, ms: 1 };
  await world.store.recordDelivery(first?.id ?? "", attempt, { state: "delivered", finishedAt: 10 });
  const key = { project: "default", route: "POST /v1/jobs", owner: "a", ownedUntil: 9, resourceId: "", expiredBefore: 0 };
  await world.store.claimKey({ ...key, key: "old", at: 10 });
  await world.store.claimKey({ ...key, key: "new", at: 1e9 });
  const now = 10 + 86_400_001;
  expect(await sweep(world, { ...KEPT, deliveriesMs: 1000 }, now, NEVER)).toMatchObject({ deliveries: 1, idempotency_keys: 1 });
  expect((await world.store.listDeliveries(settled, { limit: 1 })).data).toEqual([]);
  expect((await world.store.listDeliveries(pending, { limit: 1 })).data).toHaveLength(1);
});

it("a sweeper sweeps at its start, and stops", async () => {
  const world = await openWorld();
  const id = await endedJob(world, 1000);
  const sweeper = startSweeper(world, { ...KEPT, jobsMs: 1000 }, 60_000);
  while (await world.store.getJob(id)) await new Promise((resolve) => setTimeout(resolve, 5));
  await sweeper.stop();
});
