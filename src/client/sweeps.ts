/** The client's methods for sweeps: submit, watch, change, and read their trials. */
import type { z } from "zod";
import { isMaximized } from "../domain/metrics/direction.ts";
import type { Note } from "../domain/notes.ts";
import { isEnded, SWEEP_STATES, type SweepState } from "../domain/sweeps/sweep.ts";
import type { ResolvedSweepSpec, SweepRequest } from "../domain/sweeps/sweep-spec.ts";
import type { TrialOrder } from "../domain/sweeps/sweep-store.ts";
import type { TrialState, trial } from "../domain/sweeps/trial.ts";
import type { JobSpec, Page, PageQuery, SubmittedJob } from "./answers.ts";
import type { LabelChanges, SubmitOptions } from "./jobs.ts";
import { type CallOptions, JSON_TYPE, type RequestOptions, segment, type Transport } from "./transport/transport.ts";
import { type WatchOptions, watchFrames } from "./watch.ts";

export { isMaximized, SWEEP_STATES };

/** A sweep as it is submitted: fields with a default may be left out. */
export type SweepSpec = Omit<SweepRequest, "job"> & { readonly job: JobSpec };

/** One training of a sweep. */
export type Trial = z.output<typeof trial>;

/** Number of finished trials, and the best that was trained to its end. */
export interface SweepProgress {
  done: number;
  total: number;
  succeeded: number;
  pruned: number;
  failed: number;
  /** Counted from 0. */
  generation: number;
  best: { number: number; value: number } | null;
}

/** Many trainings of one job spec. Times are ISO 8601. */
export interface Sweep {
  id: string;
  name: string;
  state: SweepState;
  spec: ResolvedSweepSpec;
  progress: SweepProgress;
  trials_per_second: number | null;
  eta_s: number | null;
  /** Whether every trial and the winner are a function of the spec. */
  reproducible: boolean;
  /** The job that the best trial became at the end. */
  job: string | null;
  error: string | null;
  memory_bytes: number;
  transitions: { state: SweepState; at: string; reason: string }[];
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  tags: Record<string, string>;
  note: string | null;
}

/** A sweep that was just queued, with notes on its data. */
export interface SubmittedSweep extends Sweep {
  notes: Note[];
}

/** The resolved spec of a sweep. */
export interface SweepValidation {
  valid: true;
  spec: ResolvedSweepSpec;
  memory_bytes: number;
  rows: number;
  notes: Note[];
}

/** One message of a sweep's stream. */
export type SweepFrame =
  | { type: "state"; seq: number; sweep: string; state: SweepState; at: string; reason: string }
  | ({ type: "progress"; seq: number; sweep: string; at: string } & SweepProgress)
  | {
      type: "end";
      seq: number;
      sweep: string;
      state: SweepState;
      reason: string;
      best: SweepProgress["best"];
      job: string | null;
      error: string | null;
    };

/** Which trials, and in which order. */
export interface TrialsQuery {
  /** With `-`, descending. By value, trials without one come last. */
  readonly order_by?: TrialOrder;
  readonly state?: TrialState;
  readonly min_value?: number;
  readonly max_value?: number;
  /** Conditions that must all hold, such as `value < 0.3 and params."/optimizer/lr" >= 1e-3`. */
  readonly filter?: string;
  /** The number of the last trial of the page before. */
  readonly after?: number;
  readonly limit?: number;
}

/** Which trials a CSV has. */
export interface TrialsCsvQuery extends Omit<TrialsQuery, "limit"> {
  /** Texts that a spreadsheet would run as formulas get a `'` before them. */
  readonly spreadsheet?: boolean;
}

/** A page of trials. */
export interface TrialPage {
  data: Trial[];
  has_more: boolean;
  next_after: number | null;
}

/** How much each parameter of a sweep matters. */
export interface SweepImportance {
  /** The name of the measure, and its publication. */
  measure: string;
  source: string;
  /** Trials that it was computed from. */
  trials: number;
  /** The share of each parameter, the greatest first. */
  data: { pointer: string; importance: number }[];
}

/** Methods about sweeps. All of them reject as the transport does. */
export interface SweepsClient {
  /** Stores and queues a sweep. A spec that is JSON text is sent as it is. */
  submitSweep(spec: SweepSpec | string, options?: SubmitOptions): Promise<SubmittedSweep>;
  /** Returns the resolved spec of a sweep, and stores nothing. */
  validateSweep(spec: SweepSpec | string, options?: CallOptions): Promise<SweepValidation>;
  /** Returns a sweep as it is now. */
  sweep(id: string, options?: CallOptions): Promise<Sweep>;
  /** Returns a page of sweeps, newest first. */
  sweeps(
    query?: PageQuery & { readonly state?: SweepState; readonly name?: string },
    options?: CallOptions,
  ): Promise<Page<Sweep>>;
  /** Ends a sweep for good. */
  cancelSweep(id: string): Promise<Sweep>;
  /** Sets tags and the note of a sweep, and removes those that are null. */
  labelSweep(id: string, changes: LabelChanges): Promise<Sweep>;
  /** Frees the threads of a sweep; `resumeSweep` continues with its first trial without a result. */
  pauseSweep(id: string): Promise<Sweep>;
  /** Queues a paused sweep again. */
  resumeSweep(id: string): Promise<Sweep>;
  /** Deletes a sweep that has ended, with its trials. */
  removeSweep(id: string): Promise<void>;
  /** Returns a page of the trials that have a result. */
  trials(id: string, query?: TrialsQuery, options?: CallOptions): Promise<TrialPage>;
  /** Returns all matching trials as CSV; `after` starts behind that trial. */
  trialsCsv(id: string, query?: TrialsCsvQuery, options?: CallOptions): Promise<string>;
  /** Returns one trial. */
  trial(id: string, number: number, options?: CallOptions): Promise<Trial>;
  /** Returns how much each parameter matters, by the trials so far. */
  sweepImportance(id: string, options?: CallOptions): Promise<SweepImportance>;
  /** Makes a job of a trial, whose model has the trial's SHA-256. */
  promoteTrial(id: string, number: number, options?: SubmitOptions): Promise<SubmittedJob>;
  /** Iterates over the frames of a sweep, each exactly once and in order, up to its `end` frame; reconnects as `watch` does. */
  watchSweep(id: string, options?: WatchOptions): AsyncGenerator<SweepFrame, void, void>;
  /** Waits until a sweep has ended, and returns it. */
  waitForSweep(id: string, options?: Pick<WatchOptions, "signal" | "retryMs">): Promise<Sweep>;
}

const pathOf = (id: string) => `v1/sweeps/${segment(id)}`;

/** How long a watch waits for the answer to whether its sweep is still there. */
const CHECK_TIMEOUT_MS = 10_000;

/** Creates the methods about sweeps over a transport. */
export function createSweepsClient({ send, get, post, drop, connect }: Transport): SweepsClient {
  const headersOf = ({ idempotencyKey }: SubmitOptions = {}): RequestOptions =>
    idempotencyKey === undefined ? {} : { headers: { "idempotency-key": idempotencyKey } };
  const postSpec = async <T>(spec: SweepSpec | string, options: RequestOptions) => {
    const body = typeof spec === "string" ? { file: spec, type: JSON_TYPE } : { body: spec };
    return (await send("POST", "v1/sweeps", { ...body, ...options })).json() as Promise<T>;
  };
  const sweep = (id: string, options?: CallOptions) => get<Sweep>(pathOf(id), {}, options);
  const check = (id: string) => send("GET", pathOf(id), { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) });
  const watchSweep = (id: string, options: WatchOptions = {}) =>
    watchFrames<SweepFrame>(
      (after) => connect(`${pathOf(id)}/stream`, { after }),
      () => check(id),
      (frame) => frame.type === "end" && isEnded(frame.state),
      options,
    );
  return {
    submitSweep: (spec, options) => postSpec(spec, headersOf(options)),
    validateSweep: (spec, options) => postSpec(spec, { ...options, query: { validate_only: true } }),
    sweep,
    sweeps: (query, options) => get("v1/sweeps", query, options),
    cancelSweep: (id) => post(`${pathOf(id)}/cancel`),
    labelSweep: async (id, changes) => (await send("PATCH", pathOf(id), { body: changes })).json() as Promise<Sweep>,
    pauseSweep: (id) => post(`${pathOf(id)}/pause`),
    resumeSweep: (id) => post(`${pathOf(id)}/resume`),
    removeSweep: (id) => drop(pathOf(id)),
    trials: (id, query, options) => get(`${pathOf(id)}/trials`, query, options),
    trialsCsv: async (id, query, options) =>
      (await send("GET", `${pathOf(id)}/trials`, { query, accept: "text/csv", ...options })).text(),
    trial: (id, number, options) => get(`${pathOf(id)}/trials/${number}`, {}, options),
    sweepImportance: (id, options) => get(`${pathOf(id)}/importance`, {}, options),
    promoteTrial: async (id, number, options) =>
      (await send("POST", `${pathOf(id)}/trials/${number}/promote`, headersOf(options))).json() as Promise<SubmittedJob>,
    watchSweep,
    async waitForSweep(id, options) {
      for await (const _ of watchSweep(id, options));
      return sweep(id);
    },
  };
}
