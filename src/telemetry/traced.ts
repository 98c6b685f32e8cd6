/** Wraps the store, the compute pool and the log of a server to trace them. The store keeps the span that caused a change. */
import type { Job, Transition } from "../domain/jobs/job.ts";
import { errorTypeOf, type Tracing, traced } from "../domain/operation/tracing.ts";
import type { ComputePool } from "../domain/ports.ts";
import type { ProjectStore, Store } from "../domain/store/store.ts";
import { wrapStore } from "../domain/store/wrap-store.ts";

/** Wraps the store so that jobs, sweeps and each change of their states record the span that caused them. */
export function traceStore(store: Store, tracing: Tracing): Store {
  if (!tracing.isOn) return store;
  const caused = <Record extends Pick<Transition, "traceparent">>(record: Record): Record => {
    const span = tracing.active();
    if (!span) return record;
    // A change without a span of its own belongs to the trace of the job.
    const traceparent = span.leftOutUnder === undefined ? span.traceparent : span.leftOutUnder;
    return traceparent === null ? record : { ...record, traceparent };
  };
  const insert = async <Record extends object, Inserted extends Pick<Job, "id" | "project">>(
    kind: "job" | "sweep",
    record: Record,
    work: (record: Record) => Promise<Inserted>,
  ): Promise<Inserted> => {
    const parent = tracing.active()?.leftOutUnder;
    if (parent === undefined) return work(caused(record));
    // The request has no span: the trace of the job begins here.
    const span = tracing.start(`submit ${kind}`, { parent });
    try {
      const inserted = await work({ ...record, traceparent: span.traceparent });
      span.end({ attributes: { [`trainyard.${kind}.id`]: inserted.id, "trainyard.project": inserted.project } });
      return inserted;
    } catch (error) {
      span.end({ errorType: errorTypeOf(error) });
      throw error;
    }
  };
  const wrap = <Part extends ProjectStore>(part: Part): Part => {
    const { jobs, sweeps } = part;
    return {
      ...part,
      jobs: {
        ...jobs,
        insert: (job) => insert("job", job, jobs.insert),
        transition: (id, request) => jobs.transition(id, { ...request, to: caused(request.to) }),
      } satisfies ProjectStore["jobs"],
      sweeps: {
        ...sweeps,
        insert: (sweep) => insert("sweep", sweep, sweeps.insert),
        transition: (id, from, to) => sweeps.transition(id, from, caused(to)),
      } satisfies ProjectStore["sweeps"],
    };
  };
  return wrapStore(store, wrap);
}

/** Wraps the compute pool to trace the preparation of jobs and sweeps. Predictions are part of the span of their request. */
export function traceComputePool(pool: ComputePool, tracing: Tracing): ComputePool {
  if (!tracing.isOn) return pool;
  const asJob = <Result>(work: () => Promise<Result>) => traced(tracing, "prepare job", {}, work);
  const asSweep = <Result>(work: () => Promise<Result>) => traced(tracing, "prepare sweep", {}, work);
  return {
    ...pool,
    ofProject: (project) => traceComputePool(pool.ofProject(project), tracing),
    until: (signal) => traceComputePool(pool.until(signal), tracing),
    prepare: (body) => asJob(() => pool.prepare(body)),
    prepareDraft: (draft, resolved) => asJob(() => pool.prepareDraft(draft, resolved)),
    prepareSweep: (...task) => asSweep(() => pool.prepareSweep(...task)),
    prepareSweepDraft: (...task) => asSweep(() => pool.prepareSweepDraft(...task)),
  };
}

const LEVELS = ["debug", "info", "warn", "error"] as const;
type TracedLog = Record<(typeof LEVELS)[number], (fields: object, message: string) => void>;

/** Wraps the log of the use cases: adds `trace_id` to each line written within a span. */
export function traceLog(log: TracedLog, tracing: Tracing): TracedLog {
  if (!tracing.isOn) return log;
  const entries = LEVELS.map((level) => {
    const write = (fields: object, message: string) => {
      const span = tracing.active();
      log[level](span && span !== tracing.unrecorded ? { ...fields, trace_id: span.traceId } : fields, message);
    };
    return [level, write] as const;
  });
  return Object.fromEntries(entries) as TracedLog;
}
