/** What every store must do with webhooks, idempotency keys and secrets, whatever database is behind it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KEY_BYTES, type KeyClaim } from "../../src/domain/access/idempotency.ts";
import type { NewJob } from "../../src/domain/jobs/job-store.ts";
import type { Store } from "../../src/domain/store/store.ts";
import { aNewJob, aSuccess } from "./fixtures.ts";

const URL = "https://hooks.example.com/trainyard";
const PAGE = { limit: 10 };

/** A job with a webhook. */
export function aHookedJob(url = URL): NewJob {
  const job = aNewJob();
  return { ...job, spec: { ...job.spec, webhook: { url } } };
}

/** `open` gives an empty store; the suite closes it. */
export function outboxContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const cancelled = { from: ["queued"], to: { state: "cancelled", at: 77, reason: "a test" } } as const;

    describe("the outbox", () => {
      it("has a delivery from the moment a job ends, and none before", async () => {
        const { id } = await store.jobs.insert(aHookedJob());
        await store.queue.claim(1);
        expect(await store.deliveries.nextAt()).toBeNull();
        await store.jobs.finish(id, 1, 99, "all epochs are done", aSuccess(id));
        expect(await store.deliveries.nextAt()).toBe(99);
        const [delivery] = (await store.deliveries.list(id, PAGE)).data;
        expect(delivery).toMatchObject({ jobId: id, url: URL, state: "pending", attempts: [], nextAt: 99, project: "default" });
        const body = JSON.parse(delivery?.body ?? "");
        expect(body).toMatchObject({ type: "job.succeeded", timestamp: new Date(99).toISOString() });
        expect(body.data).toMatchObject({ id, state: "succeeded", attempt: 1, reason: "all epochs are done", error: null });
        expect(body.data.model).toMatchObject({ name: "moons", version: 1 });
      });

      it("has one for a failure and for a cancellation, with numbers that JSON has not as strings", async () => {
        const failing = await store.jobs.insert(aHookedJob());
        await store.queue.claim(1);
        const error = { code: "diverged", detail: "the loss is not finite", epoch: 3 } as const;
        const metrics = { final: { loss: Number.NaN }, best: {} };
        await store.jobs.finish(failing.id, 1, 9, error.detail, { state: "failed", metrics, error });
        const queued = await store.jobs.insert(aHookedJob());
        await store.jobs.transition(queued.id, cancelled);
        const bodies = await Promise.all(
          [failing.id, queued.id].map(async (id) => JSON.parse((await store.deliveries.list(id, PAGE)).data[0]?.body ?? "")),
        );
        expect(bodies.map(({ type }) => type)).toEqual(["job.failed", "job.cancelled"]);
        expect(bodies[0].data).toMatchObject({ error, metrics: { final: { loss: "NaN" } } });
      });

      it("has none for a job without a webhook, nor when the job's end was refused", async () => {
        const plain = await store.jobs.insert(aNewJob());
        await store.jobs.transition(plain.id, cancelled);
        const hooked = await store.jobs.insert(aHookedJob());
        await store.queue.claim(1);
        expect(await store.jobs.transition(hooked.id, cancelled)).toBeNull();
        expect(await store.deliveries.nextAt()).toBeNull();
      });

      it("gives a delivery to one claimer, until its lease is over", async () => {
        const { id } = await store.jobs.insert(aHookedJob());
        await store.jobs.transition(id, cancelled);
        const claims = await Promise.all([store.deliveries.claim(100, 5, 1000), store.deliveries.claim(100, 5, 1000)]);
        expect(claims.flat().map(({ jobId }) => jobId)).toEqual([id]);
        expect(await store.deliveries.claim(1099, 5, 1000)).toEqual([]);
        expect(await store.deliveries.claim(1100, 5, 1000)).toHaveLength(1);
        await store.deliveries.releaseAll(1200);
        expect(await store.deliveries.claim(1200, 5, 1000)).toHaveLength(1);
      });

      it("keeps every try, and is done with what was received or given up", async () => {
        const { id } = await store.jobs.insert(aHookedJob());
        await store.jobs.transition(id, cancelled);
        const [{ id: delivery } = { id: "" }] = await store.deliveries.claim(100, 5, 1000);
        const first = { at: 100, status: 503, error: 'answered 503, "later"', ms: 12 };
        await store.deliveries.recordAttempt(delivery, first, { state: "pending", nextAt: 500 });
        expect(await store.deliveries.nextAt()).toBe(500);
        await store.deliveries.claim(500, 5, 1000);
        const second = { at: 500, status: 204, error: null, ms: 3 };
        await store.deliveries.recordAttempt(delivery, second, { state: "delivered", finishedAt: 503 });
        expect((await store.deliveries.list(id, PAGE)).data).toEqual([
          expect.objectContaining({ state: "delivered", attempts: [first, second], nextAt: null, finishedAt: 503 }),
        ]);
        expect(await store.deliveries.nextAt()).toBeNull();
        expect(await store.deliveries.claim(9999, 5, 1000)).toEqual([]);
      });

      it("still delivers after the job is deleted", async () => {
        const { id } = await store.jobs.insert(aHookedJob());
        await store.jobs.transition(id, cancelled);
        await store.jobs.delete(id);
        expect(await store.deliveries.claim(100, 5, 1000)).toHaveLength(1);
      });
    });

    describe("idempotency keys", () => {
      const claim = (changes: Partial<KeyClaim> = {}): KeyClaim => ({
        project: "default",
        route: "POST /v1/jobs",
        key: "k1",
        owner: "a",
        ownedUntil: 1000,
        resourceId: "job_a",
        at: 100,
        expiredBefore: 0,
        isFull: false,
        ...changes,
      });
      const answer = { status: 202, headers: { location: "/v1/jobs/job_a" }, body: '{"id":"job_a"}' };

      it("belong to the first request, and later requests get its answer", async () => {
        expect(await store.idempotency.claim(claim())).toEqual({
          kind: "owned",
          resourceId: "job_a",
          fingerprint: null,
          isRetry: false,
        });
        await store.idempotency.fingerprint(claim(), "a", "f");
        expect(await store.idempotency.claim(claim({ owner: "b", resourceId: "job_b" }))).toEqual({
          kind: "running",
          fingerprint: "f",
        });
        await store.idempotency.answer(claim(), "a", answer);
        expect(await store.idempotency.claim(claim({ owner: "b" }))).toEqual({ kind: "answered", fingerprint: "f", answer });
      });

      it("say what the request with a key makes, whether or not it was answered", async () => {
        expect(await store.idempotency.find(claim())).toBeNull();
        await store.idempotency.claim(claim());
        expect(await store.idempotency.find(claim())).toEqual({ resourceId: "job_a", isAnswered: false });
        await store.idempotency.answer(claim(), "a", answer);
        expect(await store.idempotency.find(claim())).toEqual({ resourceId: "job_a", isAnswered: true });
        for (const other of [{ route: "POST /v1/models" }, { project: "p" }, { key: "k2" }])
          expect(await store.idempotency.find(claim(other))).toBeNull();
      });

      it("belong to one of many simultaneous requests", async () => {
        const owners = ["a", "b", "c", "d"];
        const states = await Promise.all(
          owners.map((owner) => store.idempotency.claim(claim({ owner, resourceId: `job_${owner}` }))),
        );
        expect(states.filter(({ kind }) => kind === "owned")).toHaveLength(1);
        expect(states.filter(({ kind }) => kind === "running")).toHaveLength(3);
      });

      it("are separate on each route and in each project", async () => {
        for (const other of [claim(), claim({ route: "POST /v1/models" }), claim({ project: "p" }), claim({ key: "k2" })])
          expect((await store.idempotency.claim(other)).kind).toBe("owned");
      });

      it("are taken over when their owner is gone, with the id that was meant", async () => {
        await store.idempotency.claim(claim());
        await store.idempotency.fingerprint(claim(), "a", "f");
        expect((await store.idempotency.claim(claim({ owner: "b", at: 999 }))).kind).toBe("running");
        const late = claim({ owner: "b", resourceId: "job_b", at: 1001, ownedUntil: 2000 });
        expect(await store.idempotency.claim(late)).toEqual({
          kind: "owned",
          resourceId: "job_a",
          fingerprint: "f",
          isRetry: true,
        });
        // The owner whose claim has expired answers too late.
        await store.idempotency.answer(claim(), "a", answer);
        expect((await store.idempotency.claim(claim({ owner: "c", at: 1002 }))).kind).toBe("running");
        await store.idempotency.releaseAll();
        expect((await store.idempotency.claim(claim({ owner: "c", at: 1003 }))).kind).toBe("owned");
      });

      it("belong to the next request when their owner releases them", async () => {
        await store.idempotency.claim(claim());
        await store.idempotency.release(claim(), "b");
        expect((await store.idempotency.claim(claim({ owner: "c" }))).kind).toBe("running");
        await store.idempotency.release(claim(), "a");
        expect(await store.idempotency.claim(claim({ owner: "b" }))).toMatchObject({
          kind: "owned",
          resourceId: "job_a",
          isRetry: true,
        });
      });

      it("count towards the limit of their project; at the limit, answers stay and no key is created", async () => {
        expect(await store.idempotency.countBytes("default")).toBe(0);
        await store.idempotency.claim(claim());
        await store.idempotency.claim(claim({ key: "k2" }));
        await store.idempotency.answer(claim(), "a", { ...answer, body: "ü".repeat(1000) });
        const bytes = await store.idempotency.countBytes("default");
        expect(bytes).toBeGreaterThan(2 * KEY_BYTES + 2000);
        expect(bytes).toBeLessThan(2 * KEY_BYTES + 2200);
        expect(await store.idempotency.countBytes("other")).toBe(0);
        expect((await store.idempotency.claim(claim({ owner: "b", isFull: true }))).kind).toBe("answered");
        expect(await store.idempotency.claim(claim({ owner: "b", key: "k3", isFull: true }))).toEqual({ kind: "full" });
        expect(await store.idempotency.countBytes("default")).toBe(bytes);
      });

      it("can be used anew when they are old enough", async () => {
        await store.idempotency.claim(claim());
        await store.idempotency.answer(claim(), "a", answer);
        expect((await store.idempotency.claim(claim({ expiredBefore: 100 }))).kind).toBe("answered");
        expect((await store.idempotency.claim(claim({ owner: "b", expiredBefore: 101, at: 200 }))).kind).toBe("owned");
      });
    });

    describe("secrets", () => {
      it("keep their first value", async () => {
        expect(await store.secrets.getOrCreate("webhook", "one")).toBe("one");
        expect(await store.secrets.getOrCreate("webhook", "two")).toBe("one");
        expect(await store.secrets.getOrCreate("other", "two")).toBe("two");
      });
    });
  });
}
