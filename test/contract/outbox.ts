/** What every store must do with webhooks, idempotency keys and secrets, whatever database is behind it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KeyClaim } from "../../src/domain/access/idempotency.ts";
import type { NewJob, Store } from "../../src/domain/ports.ts";
import { aNewJob, aSuccess } from "./fixtures.ts";

const URL = "https://hooks.example.com/trainyard";
const PAGE = { limit: 10 };

/** A job that wants to be told of. */
export function aHookedJob(url = URL): NewJob {
  const job = aNewJob();
  return { ...job, spec: { ...job.spec, webhook: { url } } };
}

/** `open` gives an empty store; the suite closes it. */
export function outboxContract(name: string, open: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  const cancelled = { from: ["queued"], to: { state: "cancelled", at: 77, reason: "a test" } } as const;

  describe(`${name}: the outbox`, () => {
    it("has a delivery from the moment a job ends, and none before", async () => {
      const { id } = await store.insertJob(aHookedJob());
      await store.claimJob(1);
      expect(await store.nextDeliveryAt()).toBeNull();
      await store.finishJob(id, 1, 99, "all epochs are done", aSuccess(id));
      expect(await store.nextDeliveryAt()).toBe(99);
      const [delivery] = (await store.listDeliveries(id, PAGE)).data;
      expect(delivery).toMatchObject({ jobId: id, url: URL, state: "pending", attempts: [], nextAt: 99, project: "default" });
      const body = JSON.parse(delivery?.body ?? "");
      expect(body).toMatchObject({ type: "job.succeeded", timestamp: new Date(99).toISOString() });
      expect(body.data).toMatchObject({ id, state: "succeeded", attempt: 1, reason: "all epochs are done", error: null });
      expect(body.data.model).toMatchObject({ name: "moons", version: 1 });
    });

    it("has one for a failure and for a cancellation, with numbers that JSON has not as strings", async () => {
      const failing = await store.insertJob(aHookedJob());
      await store.claimJob(1);
      const error = { code: "diverged", detail: "the loss is not finite", epoch: 3 } as const;
      const metrics = { final: { loss: Number.NaN }, best: {} };
      await store.finishJob(failing.id, 1, 9, error.detail, { state: "failed", metrics, error });
      const queued = await store.insertJob(aHookedJob());
      await store.transition(queued.id, cancelled);
      const bodies = await Promise.all(
        [failing.id, queued.id].map(async (id) => JSON.parse((await store.listDeliveries(id, PAGE)).data[0]?.body ?? "")),
      );
      expect(bodies.map(({ type }) => type)).toEqual(["job.failed", "job.cancelled"]);
      expect(bodies[0].data).toMatchObject({ error, metrics: { final: { loss: "NaN" } } });
    });

    it("has none for a job without a webhook, nor when the job's end was refused", async () => {
      const plain = await store.insertJob(aNewJob());
      await store.transition(plain.id, cancelled);
      const hooked = await store.insertJob(aHookedJob());
      await store.claimJob(1);
      expect(await store.transition(hooked.id, cancelled)).toBeNull();
      expect(await store.nextDeliveryAt()).toBeNull();
    });

    it("gives a delivery to one claimer, until its lease is over", async () => {
      const { id } = await store.insertJob(aHookedJob());
      await store.transition(id, cancelled);
      const claims = await Promise.all([store.claimDeliveries(100, 5, 1000), store.claimDeliveries(100, 5, 1000)]);
      expect(claims.flat().map(({ jobId }) => jobId)).toEqual([id]);
      expect(await store.claimDeliveries(1099, 5, 1000)).toEqual([]);
      expect(await store.claimDeliveries(1100, 5, 1000)).toHaveLength(1);
      await store.abandonClaims(1200);
      expect(await store.claimDeliveries(1200, 5, 1000)).toHaveLength(1);
    });

    it("keeps every try, and is done with what was received or given up", async () => {
      const { id } = await store.insertJob(aHookedJob());
      await store.transition(id, cancelled);
      const [{ id: delivery } = { id: "" }] = await store.claimDeliveries(100, 5, 1000);
      const first = { at: 100, status: 503, error: 'answered 503, "later"', ms: 12 };
      await store.recordDelivery(delivery, first, { state: "pending", nextAt: 500 });
      expect(await store.nextDeliveryAt()).toBe(500);
      await store.claimDeliveries(500, 5, 1000);
      const second = { at: 500, status: 204, error: null, ms: 3 };
      await store.recordDelivery(delivery, second, { state: "delivered", finishedAt: 503 });
      expect((await store.listDeliveries(id, PAGE)).data).toEqual([
        expect.objectContaining({ state: "delivered", attempts: [first, second], nextAt: null, finishedAt: 503 }),
      ]);
      expect(await store.nextDeliveryAt()).toBeNull();
      expect(await store.claimDeliveries(9999, 5, 1000)).toEqual([]);
    });

    it("keeps its promise though the job is deleted", async () => {
      const { id } = await store.insertJob(aHookedJob());
      await store.transition(id, cancelled);
      await store.deleteJob(id);
      expect(await store.claimDeliveries(100, 5, 1000)).toHaveLength(1);
    });
  });

  describe(`${name}: idempotency keys`, () => {
    const claim = (changes: Partial<KeyClaim> = {}): KeyClaim => ({
      project: "default",
      route: "POST /v1/jobs",
      key: "k1",
      owner: "a",
      ownedUntil: 1000,
      resourceId: "job_a",
      at: 100,
      expiredBefore: 0,
      ...changes,
    });
    const answer = { status: 202, headers: { location: "/v1/jobs/job_a" }, body: '{"id":"job_a"}' };

    it("are owned by the first who comes, and answered to all who come after the answer", async () => {
      expect(await store.claimKey(claim())).toEqual({ kind: "owned", resourceId: "job_a", fingerprint: null, isRetry: false });
      await store.fingerprintKey(claim(), "a", "f");
      expect(await store.claimKey(claim({ owner: "b", resourceId: "job_b" }))).toEqual({ kind: "running", fingerprint: "f" });
      await store.answerKey(claim(), "a", answer);
      expect(await store.claimKey(claim({ owner: "b" }))).toEqual({ kind: "answered", fingerprint: "f", answer });
    });

    it("are owned by one of many who come at once", async () => {
      const owners = ["a", "b", "c", "d"];
      const states = await Promise.all(owners.map((owner) => store.claimKey(claim({ owner, resourceId: `job_${owner}` }))));
      expect(states.filter(({ kind }) => kind === "owned")).toHaveLength(1);
      expect(states.filter(({ kind }) => kind === "running")).toHaveLength(3);
    });

    it("are each other's strangers on another route and in another project", async () => {
      for (const other of [claim(), claim({ route: "POST /v1/models" }), claim({ project: "p" }), claim({ key: "k2" })])
        expect((await store.claimKey(other)).kind).toBe("owned");
    });

    it("are taken over when their owner is gone, with the id that was meant", async () => {
      await store.claimKey(claim());
      await store.fingerprintKey(claim(), "a", "f");
      expect((await store.claimKey(claim({ owner: "b", at: 999 }))).kind).toBe("running");
      const late = claim({ owner: "b", resourceId: "job_b", at: 1001, ownedUntil: 2000 });
      expect(await store.claimKey(late)).toEqual({ kind: "owned", resourceId: "job_a", fingerprint: "f", isRetry: true });
      // The one who was given up answers too late.
      await store.answerKey(claim(), "a", answer);
      expect((await store.claimKey(claim({ owner: "c", at: 1002 }))).kind).toBe("running");
      await store.abandonClaims(1003);
      expect((await store.claimKey(claim({ owner: "c", at: 1003 }))).kind).toBe("owned");
    });

    it("are the next one's when their owner lets go of them", async () => {
      await store.claimKey(claim());
      await store.releaseKey(claim(), "b");
      expect((await store.claimKey(claim({ owner: "c" }))).kind).toBe("running");
      await store.releaseKey(claim(), "a");
      expect(await store.claimKey(claim({ owner: "b" }))).toMatchObject({ kind: "owned", resourceId: "job_a", isRetry: true });
    });

    it("are new again when they are old enough", async () => {
      await store.claimKey(claim());
      await store.answerKey(claim(), "a", answer);
      expect((await store.claimKey(claim({ expiredBefore: 100 }))).kind).toBe("answered");
      expect((await store.claimKey(claim({ owner: "b", expiredBefore: 101, at: 200 }))).kind).toBe("owned");
    });
  });

  describe(`${name}: secrets`, () => {
    it("stay what they first were", async () => {
      expect(await store.getOrCreateSecret("webhook", "one")).toBe("one");
      expect(await store.getOrCreateSecret("webhook", "two")).toBe("one");
      expect(await store.getOrCreateSecret("other", "two")).toBe("two");
    });
  });
}
