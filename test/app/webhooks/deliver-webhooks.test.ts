import { describe, expect, it } from "vitest";
import { type DeliveryOptions, delayAfter, projectSecret, startDeliverer } from "../../../src/app/webhooks/deliver-webhooks.ts";
import type { Delivery, SendResult, WebhookMessage } from "../../../src/domain/operation/webhook.ts";
import { aHookedJob } from "../../contract/outbox.ts";
import { openDependencies, type TestDependencies } from "../jobs/dependencies.ts";

const failed: SendResult = { ok: false, status: 500, error: "answered 500", isFinal: false, retryAfterMs: null };

/** A deliverer whose sender answers what the test says, one answer a try. */
function deliver(dependencies: TestDependencies, answers: readonly SendResult[], options: Partial<DeliveryOptions> = {}) {
  const sent: WebhookMessage[] = [];
  const sender = {
    send: async (message: WebhookMessage) => {
      sent.push(message);
      return answers[Math.min(sent.length, answers.length) - 1] as SendResult;
    },
  };
  const secretOf = (project: string) => `whsec_${project}`;
  const deliverer = startDeliverer(dependencies, {
    sender,
    secretOf,
    maxAttempts: 3,
    firstDelayMs: 1,
    leaseMs: 60_000,
    ...options,
  });
  return { sent, deliverer };
}

async function endJob({ store, bus }: TestDependencies): Promise<string> {
  const { id } = await store.jobs.insert(aHookedJob());
  await store.jobs.transition(id, { from: ["queued"], to: { state: "cancelled", at: Date.now(), reason: "a test" } });
  bus.publish(id);
  return id;
}

async function settled({ store }: TestDependencies, jobId: string): Promise<Delivery> {
  for (;;) {
    const [delivery] = (await store.deliveries.list(jobId, { limit: 1 })).data;
    if (delivery && delivery.state !== "pending") return delivery;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("webhooks", () => {
  it("are sent when a job ends, and again until they are received, under the same id", async () => {
    const dependencies = await openDependencies();
    const { sent, deliverer } = deliver(dependencies, [failed, failed, { ok: true, status: 200 }]);
    const delivery = await settled(dependencies, await endJob(dependencies));
    expect(delivery).toMatchObject({
      state: "delivered",
      attempts: [{ status: 500 }, { status: 500 }, { status: 200, error: null }],
    });
    expect(new Set(sent.map(({ id }) => id))).toEqual(new Set([delivery.id]));
    expect(new Set(sent.map(({ body }) => body)).size).toBe(1);
    expect(sent[0]?.secret).toBe("whsec_default");
    await deliverer.stop();
  });

  it("are given up after so many tries, or at once when there is no use in more", async () => {
    const dependencies = await openDependencies();
    const patient = deliver(dependencies, [failed]);
    expect(await settled(dependencies, await endJob(dependencies))).toMatchObject({ state: "failed", nextAt: null });
    expect(patient.sent).toHaveLength(3);
    await patient.deliverer.stop();
    const refused = deliver(dependencies, [{ ...failed, isFinal: true } as SendResult]);
    await settled(dependencies, await endJob(dependencies));
    expect(refused.sent).toHaveLength(1);
    await refused.deliverer.stop();
  });

  it("are sent at the next start when a stop broke them off", async () => {
    const dependencies = await openDependencies();
    const begun = Promise.withResolvers<void>();
    const sender = {
      send: (_message: WebhookMessage, signal: AbortSignal) =>
        new Promise<SendResult>((resolve) => {
          begun.resolve();
          signal.addEventListener("abort", () => resolve({ ...failed, status: null } as SendResult));
        }),
    };
    const first = deliver(dependencies, [], { sender });
    const id = await endJob(dependencies);
    await begun.promise;
    await first.deliverer.stop();
    expect((await dependencies.store.deliveries.list(id, { limit: 1 })).data[0]).toMatchObject({
      state: "pending",
      attempts: [],
    });
    await dependencies.store.deliveries.releaseAll(Date.now());
    const second = deliver(dependencies, [{ ok: true, status: 200 }]);
    expect(await settled(dependencies, id)).toMatchObject({ state: "delivered" });
    await second.deliverer.stop();
  });

  it("are sent all the same when one of many does not answer, and never more than so many at a time", async () => {
    const dependencies = await openDependencies();
    let [open, most] = [0, 0];
    const sender = {
      send: async (): Promise<SendResult> => {
        most = Math.max(most, ++open);
        await new Promise((resolve) => setImmediate(resolve));
        open--;
        return { ok: true, status: 200 };
      },
    };
    const { deliverer } = deliver(dependencies, [], { sender, concurrency: 3 });
    const ids = await Promise.all(Array.from({ length: 20 }, () => endJob(dependencies)));
    for (const id of ids) expect((await settled(dependencies, id)).state).toBe("delivered");
    expect(most).toBeLessThanOrEqual(3);
    await deliverer.stop();
  });

  it("wait twice as long after every try, up to a bound, and not all the same", () => {
    expect([1, 2, 3, 4].map((tries) => delayAfter(tries, 5000, 0.5))).toEqual([5000, 10_000, 20_000, 40_000]);
    expect(delayAfter(1, 5000, 0)).toBe(2500);
    expect(delayAfter(99, 5000, 0.5)).toBe(2 * 3600 * 1000);
  });

  it("are signed with a secret of the project's own", () => {
    const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
    expect(projectSecret(secret, "default")).toBe(secret);
    const one = projectSecret(secret, "one");
    expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(projectSecret(secret, "one")).toBe(one);
    expect(projectSecret(secret, "two")).not.toBe(one);
  });
});
