/** Wraps the store, the training pool and the compute pool to measure them. */
import { DEFAULT_PROJECT } from "../domain/access/project.ts";
import { isTerminal, type Job } from "../domain/jobs/job.ts";
import type { Outcome } from "../domain/jobs/job-store.ts";
import type { LeaseAttempt } from "../domain/jobs/queue-order.ts";
import type { MetricChunk } from "../domain/metrics/metric.ts";
import type { Model } from "../domain/models/model.ts";
import type { AfterAttempt } from "../domain/operation/webhook.ts";
import type { ComputePool, TrainingPool } from "../domain/ports.ts";
import type { MeasuredName } from "../domain/store/method-table.ts";
import type { Store } from "../domain/store/store.ts";
import { type StoreMethod, wrapMethods, wrapStore } from "../domain/store/wrap-store.ts";
import type { Instruments } from "./instruments.ts";

/** Counts the result of a write. */
type Count = (given: readonly unknown[], result: unknown) => void;

/** Wraps the store to measure its writes, including those of each project's store. */
export function measureStore(store: Store, instruments: Instruments): Store {
  const counts = countsOf(instruments);
  return wrapStore(store, (part) =>
    wrapMethods(part, (method, { measuredAs }): StoreMethod => {
      if (!measuredAs) return method;
      const observer = instruments.writes.labels(measuredAs);
      const count = counts[measuredAs];
      return async (...given) => {
        const startedAt = performance.now();
        const result = await method(...given);
        observer.observe((performance.now() - startedAt) / 1000);
        count?.(given, result);
        return result;
      };
    }),
  );
}

/** For each method label, a function that counts its arguments and results. */
function countsOf({
  queueWait,
  jobsEnded,
  epochs,
  steps,
  deliveries,
}: Instruments): Readonly<Partial<Record<MeasuredName, Count>>> {
  const ended: Count = (_, result) => {
    const job = result as Job | null;
    if (job && isTerminal(job.state)) jobsEnded.inc({ state: job.state });
  };
  const trained = ({ from, to, steps: stepCount }: MetricChunk): void => {
    epochs.inc(to - from + 1);
    steps.inc(stepCount ?? 0);
  };
  const started = (job: Job | null): void => {
    if (job?.attempt === 1) queueWait.observe(Math.max(0, (job.startedAt ?? job.createdAt) - job.createdAt) / 1000);
  };
  return {
    transition: ended,
    finishJob: (given, result) => {
      ended(given, result);
      const outcome = given[4] as Outcome;
      if (result && outcome.state === "succeeded" && outcome.last) trained(outcome.last);
    },
    claimJob: (_, result) => started(result as Job | null),
    leaseJob: (_, result) => {
      const lease = result as LeaseAttempt;
      if (lease.result === "taken") started(lease.job);
    },
    appendMetrics: ([, , chunk], seq) => {
      if (seq !== null) trained(chunk as MetricChunk);
    },
    recordDelivery: ([, , after]) => {
      const { state } = after as AfterAttempt;
      deliveries.inc({ outcome: state === "pending" ? "retried" : state });
    },
  };
}

/** Wraps the training pool to measure the busy time of its threads. */
export function measureTrainingPool(
  trainingPool: TrainingPool,
  { workers, workersBusy, busySeconds }: Instruments,
): TrainingPool {
  workers.set(trainingPool.size);
  const measured = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    let since = performance.now();
    // Long jobs are counted while they run.
    const count = () => {
      const now = performance.now();
      busySeconds.inc((now - since) / 1000);
      since = now;
    };
    const timer = setInterval(count, BUSY_MS);
    timer.unref();
    workersBusy.inc();
    try {
      return await work();
    } finally {
      clearInterval(timer);
      count();
      workersBusy.dec();
    }
  };
  return {
    ...trainingPool,
    train: (run, observer) => measured(() => trainingPool.train(run, observer)),
    runTrials: (run, observer) => measured(() => trainingPool.runTrials(run, observer)),
    planGeneration: (request) => measured(() => trainingPool.planGeneration(request)),
  };
}

const BUSY_MS = 1000;

/** Wraps the compute pool to measure predictions: how long they take, and of which models they are. */
export function measureComputePool(computePool: ComputePool, instruments: Instruments): ComputePool {
  const { predictions, countPredictions } = instruments;
  const observers = {
    rows: predictions.labels("rows"),
    document: predictions.labels("document"),
    batch: predictions.labels("batch"),
  };
  const measuredFor = (pool: ComputePool, project: string): ComputePool => {
    const { predict } = pool;
    const counted = (kind: keyof typeof observers, startedAt: number, model: Model, done: number | null): void => {
      const spent = (performance.now() - startedAt) / 1000;
      observers[kind].observe(spent);
      if (done !== null) countPredictions(project, model, done, spent);
    };
    return {
      ...pool,
      ofProject: (name) => measuredFor(pool.ofProject(name), name),
      until: (signal) => measuredFor(pool.until(signal), project),
      predict: {
        now(model, instances) {
          const startedAt = performance.now();
          const result = predict.now(model, instances);
          if (result) counted("rows", startedAt, model, result.ok ? instances.length : null);
          return result;
        },
        async rows(model, instances, load) {
          const startedAt = performance.now();
          const result = await predict.rows(model, instances, load);
          counted("rows", startedAt, model, result.ok ? instances.length : null);
          return result;
        },
        async stream(model, block, options, load) {
          const startedAt = performance.now();
          const result = await predict.stream(model, block, options, load);
          counted(options.format === "json" ? "document" : "batch", startedAt, model, result.ok ? result.rows : null);
          return result;
        },
      },
    };
  };
  return measuredFor(computePool, DEFAULT_PROJECT);
}
