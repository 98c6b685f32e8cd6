import { expect, it } from "vitest";
import { exportCsv } from "../../src/app/metrics/export-metrics.ts";
import { readEvents, readMetrics } from "../../src/app/metrics/history.ts";
import { startSweeper, sweep } from "../../src/app/retention.ts";
import { aCheckpoint, aChunk, aNewJob } from "../contract/fixtures.ts";
import { aHookedJob } from "../contract/outbox.ts";
import { openDependencies, type TestDependencies } from "./jobs/dependencies.ts";

const NEVER = new AbortController().signal;
const KEPT = { jobsMs: null, metricsMs: null, checkpointsMs: null, deliveriesMs: null, auditMs: null, auditEntries: 1e6 };

async function endedJob({ store }: TestDependencies, at: number, job = aNewJob()): Promise<string> {
  await store.jobs.insert(job);
  await store.jobs.transition(job.id, { from: ["queued"], to: { state: "cancelled", at, reason: "a test" } });
  return job.id;
}

it("jobs that ended long enough ago go, with a hint; others stay, and those that have not ended", async () => {
  const dependencies = await openDependencies();
  const old = await Promise.all(Array.from({ length: 60 }, () => endedJob(dependencies, 1000)));
  const young = await endedJob(dependencies, 5000);
  const { id: queued } = await dependencies.store.jobs.insert({ ...aNewJob(), createdAt: 1 });
  const removed: string[] = [];
  dependencies.bus.subscribeAll((hint) => {
    if ("removed" in hint && hint.removed) removed.push((hint as { jobId: string }).jobId);
  });
  expect(await sweep(dependencies, { ...KEPT, jobsMs: 1000 }, 5500, NEVER)).toMatchObject({ jobs: 60 });
  expect(removed.sort()).toEqual(old.sort());
  expect(await dependencies.store.jobs.get(old[0] as string)).toBeNull();
  expect((await dependencies.store.jobs.get(young))?.state).toBe("cancelled");
  expect((await dependencies.store.jobs.get(queued))?.state).toBe("queued");
});

it("checkpoints go before their jobs", async () => {
  const dependencies = await openDependencies();
  const { id } = await dependencies.store.jobs.insert(aNewJob());
  await dependencies.store.queue.claim(1);
  await dependencies.store.checkpoints.insert(id, 1, 2, aCheckpoint());
  await dependencies.store.jobs.finish(id, 1, 1000, "a test", { state: "cancelled", metrics: null });
  expect(await sweep(dependencies, { ...KEPT, checkpointsMs: 5000 }, 5000, NEVER)).toMatchObject({
    jobs_without_checkpoints: 0,
  });
  expect(await sweep(dependencies, { ...KEPT, checkpointsMs: 1000 }, 5000, NEVER)).toMatchObject({
    jobs_without_checkpoints: 1,
  });
  expect((await dependencies.store.checkpoints.list(id, { limit: 10 })).data).toEqual([]);
  expect((await dependencies.store.jobs.get(id))?.state).toBe("cancelled");
});

it("the values of epochs go before their jobs: the sequence of events stays whole, and readers are told how many there were", async () => {
  const dependencies = await openDependencies();
  const { id } = await dependencies.store.jobs.insert(aNewJob());
  await dependencies.store.queue.claim(1);
  await dependencies.store.metrics.append(id, 1, aChunk(1, 1000));
  await dependencies.store.jobs.finish(id, 1, 1000, "a test", { state: "cancelled", metrics: null });
  expect(await sweep(dependencies, { ...KEPT, metricsMs: 5000 }, 5000, NEVER)).toMatchObject({ jobs_without_metrics: 0 });
  expect(await sweep(dependencies, { ...KEPT, metricsMs: 1000 }, 5000, NEVER)).toMatchObject({ jobs_without_metrics: 1 });
  expect(await sweep(dependencies, { ...KEPT, metricsMs: 1000 }, 5000, NEVER)).toMatchObject({ jobs_without_metrics: 0 });
  const { frames, hasMore } = await readEvents(dependencies, id, { after: 0, limit: 100 });
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
    expect(await readMetrics(dependencies, id, { from: 1, points })).toMatchObject({ total: 1000, returned: 0 });
  const reading = async () => {
    for await (const chunk of (await exportCsv(dependencies, id, { from: 1 })).chunks) expect(chunk).toBeDefined();
  };
  await expect(reading()).rejects.toThrow("no longer kept");
  expect(await dependencies.store.jobs.get(id)).toMatchObject({
    epochsDone: 1000,
    metrics: { final: { loss: expect.any(Number) } },
  });
});

it("settled deliveries and day-old keys go; what is still to be delivered stays", async () => {
  const dependencies = await openDependencies();
  const [settled, pending] = [await endedJob(dependencies, 10, aHookedJob()), await endedJob(dependencies, 10, aHookedJob())];
  const [first] = (await dependencies.store.deliveries.list(settled, { limit: 1 })).data;
  const attempt = { at: 10, status: 200, error: null, ms: 1 };
  await dependencies.store.deliveries.recordAttempt(first?.id ?? "", attempt, { state: "delivered", finishedAt: 10 });
  const owned = { owner: "a", ownedUntil: 9, resourceId: "", expiredBefore: 0, isFull: false };
  const key = { project: "default", route: "POST /v1/jobs", ...owned };
  await dependencies.store.idempotency.claim({ ...key, key: "old", at: 10 });
  await dependencies.store.idempotency.claim({ ...key, key: "new", at: 1e9 });
  const now = 10 + 86_400_001;
  expect(await sweep(dependencies, { ...KEPT, deliveriesMs: 1000 }, now, NEVER)).toMatchObject({
    deliveries: 1,
    idempotency_keys: 1,
  });
  expect((await dependencies.store.deliveries.list(settled, { limit: 1 })).data).toEqual([]);
  expect((await dependencies.store.deliveries.list(pending, { limit: 1 })).data).toHaveLength(1);
});

it("a sweeper sweeps at its start, and stops", async () => {
  const dependencies = await openDependencies();
  const id = await endedJob(dependencies, 1000);
  const sweeper = startSweeper(dependencies, { ...KEPT, jobsMs: 1000 }, 60_000);
  while (await dependencies.store.jobs.get(id)) await new Promise((resolve) => setTimeout(resolve, 5));
  await sweeper.stop();
});
