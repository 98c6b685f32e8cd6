/** Wraps the store, the training pool and the compute pool to measure what they do. */
import { isTerminal, type Job } from "../domain/jobs/job.ts";
import type { ComputePool, ProjectStore, Store, TrainingPool } from "../domain/ports.ts";
import type { Instruments } from "./instruments.ts";

/** Writes whose time is measured. Those that come once an hour are left out. */
const WRITES = [
  "insertJob",
  "transition",
  "claimJob",
  "leaseJob",
  "appendMetrics",
  "finishJob",
  "deleteJob",
  "insertModel",
  "insertDataset",
  "deleteDataset",
  "deleteModel",
  "recordDelivery",
] as const satisfies readonly (keyof Store)[];

type Method = (...given: never[]) => Promise<unknown>;

/** What a write came to, counted. */
type Note = (given: readonly unknown[], result: unknown) => void;

/** The store with its writes measured, those of each project's store included. */
export function measureStore(store: Store, instruments: Instruments): Store {
  const notes = notesOf(instruments);
  const timed = <S extends object>(one: S): S => {
    const measured = WRITES.filter((name) => name in one).map((name) => {
      const method = one[name as unknown as keyof S] as unknown as Method;
      const observer = instruments.writes.labels(name);
      const note = notes[name];
      const run = async (...given: never[]): Promise<unknown> => {
        const startedAt = performance.now();
        const result = await method(...given);
        observer.observe((performance.now() - startedAt) / 1000);
        note?.(given, result);
        return result;
      };
      return [name, run] as const;
    });
    return { ...one, ...Object.fromEntries(measured) };
  };
  const ofProjects = new Map<string, ProjectStore>();
  const ofProject = (project: string): ProjectStore => {
    const known = ofProjects.get(project) ?? timed(store.ofProject(project));
    ofProjects.set(project, known);
    return known;
  };
  return { ...timed(store), ofProject };
}

function notesOf({
  queueWait,
  jobsEnded,
  epochs,
  steps,
  deliveries,
}: Instruments): Partial<Record<(typeof WRITES)[number], Note>> {
  const ended: Note = (_, result) => {
    const job = result as Job | null;
    if (job && isTerminal(job.state)) jobsEnded.inc({ state: job.state });
  };
  const taken = (job: Job | null): void => {
    if (job?.attempt === 1) queueWait.observe(Math.max(0, (job.startedAt ?? job.createdAt) - job.createdAt) / 1000);
  };
  return {
    transition: ended,
    finishJob: ended,
    claimJob: (_, result) => taken(result as Job | null),
    leaseJob: (_, result) => {
      const lease = result as Awaited<ReturnType<Store["leaseJob"]>>;
      if (lease.result === "taken") taken(lease.job);
    },
    appendMetrics: ([, , slice], seq) => {
      if (seq === null) return;
      const { from, to, steps: taken } = slice as Parameters<Store["appendMetrics"]>[2];
      epochs.inc(to - from + 1);
      steps.inc(taken ?? 0);
    },
    recordDelivery: ([, , after]) => {
      const { state } = after as Parameters<Store["recordDelivery"]>[2];
      deliveries.inc({ outcome: state === "pending" ? "retried" : state });
    },
  };
}

/** Wraps the training pool to measure how long its threads are busy. */
export function measureTrainingPool(
  trainingPool: TrainingPool,
  { workers, workersBusy, busySeconds }: Instruments,
): TrainingPool {
  workers.set(trainingPool.size);
  return {
    ...trainingPool,
    async train(run, observer) {
      let since = performance.now();
      // A long job is counted while it runs.
      const count = () => {
        const now = performance.now();
        busySeconds.inc((now - since) / 1000);
        since = now;
      };
      const timer = setInterval(count, BUSY_MS);
      timer.unref();
      workersBusy.inc();
      try {
        return await trainingPool.train(run, observer);
      } finally {
        clearInterval(timer);
        count();
        workersBusy.dec();
      }
    },
  };
}

const BUSY_MS = 1000;

/** Wraps the compute pool to measure how long predictions take. */
export function measureComputePool(computePool: ComputePool, { predictions }: Instruments): ComputePool {
  const rows = predictions.labels("rows");
  const document = predictions.labels("document");
  const batch = predictions.labels("batch");
  const timed = async <Result>(observer: typeof rows, predicting: () => Promise<Result>): Promise<Result> => {
    const startedAt = performance.now();
    const result = await predicting();
    observer.observe((performance.now() - startedAt) / 1000);
    return result;
  };
  const { predict } = computePool;
  return {
    ...computePool,
    predict: {
      now(...given) {
        const startedAt = performance.now();
        const result = predict.now(...given);
        if (result) rows.observe((performance.now() - startedAt) / 1000);
        return result;
      },
      rows: (...given) => timed(rows, () => predict.rows(...given)),
      stream: (model, block, options, load) =>
        timed(options.format === "json" ? document : batch, () => predict.stream(model, block, options, load)),
    },
  };
}
