/** Wraps what a server is made of to trace it: the store, which keeps what caused a change, the compute pool, and the log. */
import type { Transition } from "../domain/jobs/job.ts";
import { type Tracing, traced } from "../domain/operation/tracing.ts";
import type { ComputePool } from "../domain/ports.ts";
import type { ProjectStore, Store } from "../domain/store/store.ts";
import { wrapStore } from "../domain/store/wrap-store.ts";

/** Wraps the store so that a job, a sweep, and each change of their states know the span that caused them. */
export function traceStore(store: Store, tracing: Tracing): Store {
  if (!tracing.isOn) return store;
  const caused = <Record extends Pick<Transition, "traceparent">>(record: Record): Record => {
    const span = tracing.active();
    return span ? { ...record, traceparent: span.traceparent } : record;
  };
  const wrap = <Part extends ProjectStore>(part: Part): Part => {
    const { jobs, sweeps } = part;
    return {
      ...part,
      jobs: {
        ...jobs,
        insert: (job) => jobs.insert(caused(job)),
        transition: (id, request) => jobs.transition(id, { ...request, to: caused(request.to) }),
      } satisfies ProjectStore["jobs"],
      sweeps: {
        ...sweeps,
        insert: (sweep) => sweeps.insert(caused(sweep)),
        transition: (id, from, to) => sweeps.transition(id, from, caused(to)),
      } satisfies ProjectStore["sweeps"],
    };
  };
  return wrapStore(store, wrap);
}

/** Wraps the compute pool to trace how bodies are prepared. Predictions have the span of their request. */
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

/** The log of the use cases, with `trace_id` in each line that is written within a span. */
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
