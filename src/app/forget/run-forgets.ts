/** Carries out runs that forget rows, one after the other, under leases: another process takes over a run whose process died. */
import { randomUUID } from "node:crypto";
import type { ForgetState } from "../../domain/forget/forget.ts";
import { ID_PREFIXES } from "../../domain/id.ts";
import { isTerminal } from "../../domain/jobs/job.ts";
import { type Services, servicesOf } from "../services.ts";
import { singleFlight } from "../single-flight.ts";
import { carryOut } from "./carry-out.ts";

export interface Forgetter {
  /** Stops after the current step; the run continues at the next start. */
  stop(): Promise<void>;
}

/** Number of polls without hints within the time of a lease. */
const POLLS_PER_LEASE = 5;
/** Renewals within the time of a lease. */
const BEATS_PER_LEASE = 3;
/** Delay of a poll after a hint: hints come often, and few mean that a job has ended. */
const PAUSE_MS = 200;

/** Thrown when this process has lost the run. */
class RunLost extends Error {}

/** Starts carrying out runs. A run belongs to this process for `leaseMs` without a renewal. */
export function startForgetter(services: Services, leaseMs: number): Forgetter {
  const { store, bus, log } = services;
  let isStopped = false;
  /** Whether any run may be waiting for a job. */
  let isActive = true;
  let timer: NodeJS.Timeout | undefined;

  const advance = async ({ id, project }: { readonly id: string; readonly project: string }): Promise<void> => {
    if (await stillWaits(id)) return;
    const lease = randomUUID();
    const now = Date.now();
    const run = await store.forgets.claim(id, lease, now, now + leaseMs);
    if (!run) return;
    const renewal = setInterval(
      () => void store.forgets.renew(id, lease, Date.now() + leaseMs).catch(() => undefined),
      leaseMs / BEATS_PER_LEASE,
    );
    renewal.unref();
    const save = async (state: ForgetState, document: typeof run.document): Promise<void> => {
      if (isStopped) throw new RunLost();
      const finishedAt = ["succeeded", "failed"].includes(state) ? Date.now() : null;
      if (!(await store.forgets.save(id, lease, { state, document, finishedAt }))) throw new RunLost();
      if (state !== run.state) log.info({ forget_id: id, state }, "forgetting rows");
      bus.publish(id);
    };
    try {
      await carryOut(servicesOf(services, project), run, save, () => store.forgets.scrub());
    } catch (err) {
      if (!(err instanceof RunLost)) log.warn({ err, forget_id: id }, "cannot go on forgetting rows; trying again");
    } finally {
      clearInterval(renewal);
      await store.forgets.release(id, lease).catch(() => undefined);
    }
  };
  /** Whether a run waits for an unfinished job: hints of its epochs come often. */
  const stillWaits = async (id: string): Promise<boolean> => {
    const waitsFor = (await store.forgets.get(id))?.document.waitsFor;
    const job = waitsFor?.startsWith(ID_PREFIXES.job) ? await store.jobs.get(waitsFor) : null;
    return job !== null && !isTerminal(job.state);
  };
  const look = singleFlight(async () => {
    if (isStopped) return;
    const free = await store.forgets.listFree(Date.now());
    for (const run of free) if (!isStopped) await advance(run);
    isActive = free.length > 0;
  });
  const lookSafely = (): void => {
    timer = undefined;
    look().catch((err: unknown) => log.warn({ err }, "cannot look for rows to forget"));
  };
  const wake = (): void => {
    if (!isStopped) timer ??= setTimeout(lookSafely, PAUSE_MS).unref();
  };
  const unsubscribe = bus.subscribeAll(({ jobId }) => {
    if (isActive || jobId.startsWith(ID_PREFIXES.forget)) wake();
  });
  // Another process may have died.
  const interval = setInterval(wake, leaseMs / POLLS_PER_LEASE).unref();
  lookSafely();
  return {
    async stop() {
      isStopped = true;
      unsubscribe();
      clearInterval(interval);
      clearTimeout(timer);
      await look().catch(() => undefined);
    },
  };
}
