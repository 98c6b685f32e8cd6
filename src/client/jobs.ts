/** The client's methods for jobs: submit, watch, change, and read their results. */
import { isTerminal, type JobState } from "../domain/jobs/job.ts";
import type { Series } from "../domain/metrics/metric.ts";
import type {
  Checkpoint,
  EventPage,
  Frame,
  Job,
  JobRows,
  JobSpec,
  Metrics,
  Page,
  PageQuery,
  Replay,
  ReplayAsk,
  SubmittedJob,
  Validation,
} from "./answers.ts";
import { type CallOptions, JSON_TYPE, type RequestOptions, segment, type Transport } from "./transport/transport.ts";
import { type WatchOptions, watchFrames } from "./watch.ts";

/** How long a watch waits for the answer to whether its job is still there. */
const CHECK_TIMEOUT_MS = 10_000;

/** How a job is submitted. */
export interface SubmitOptions {
  /** The same key and spec, sent again, are the same job: repeat a submission whose answer was lost. */
  readonly idempotencyKey?: string;
}

/** Which jobs, and in which order. */
export interface JobsQuery extends PageQuery {
  readonly state?: JobState | undefined;
  readonly name?: string;
  /** Conditions that must all hold, such as `metrics.val_loss < 0.3 and tags.team = "a" and params."/optimizer/lr" > 0.01`. */
  readonly filter?: string | undefined;
  /** Such as `-metrics.val_accuracy`; newest first when left out. */
  readonly orderBy?: string | undefined;
}

/** Labels to change: tags that are null are removed, and what is left out stays. */
export interface LabelChanges {
  readonly tags?: Readonly<Record<string, string | null>>;
  readonly note?: string | null;
}

/** Which rows of a job's data. */
export interface RowsQuery {
  readonly limit?: number;
  readonly rows?: readonly number[];
}

/** Which step of a job, and what to return of it. */
export interface ReplayQuery {
  readonly step: number;
  readonly ask?: readonly ReplayAsk[];
}

/** Which epochs of a job's metrics. */
export interface MetricsQuery {
  /** First and last epoch, counted from 1, both included; all when left out. */
  readonly from?: number;
  readonly to?: number;
  /** Approximate number of epochs to return: a longer range is downsampled, with its minima and maxima kept. */
  readonly points?: number;
  /** Only these series; with fewer series, more epochs are kept. */
  readonly series?: readonly Series[];
}

/** Methods about jobs. All of them reject as the transport does. */
export interface JobsClient {
  /** Stores and queues a job, and returns it with notes on its data. A spec that is JSON text is sent as it is. */
  submit(spec: JobSpec | string, options?: SubmitOptions): Promise<SubmittedJob>;
  /** Returns the resolved spec, and stores nothing. A spec that is JSON text is sent as it is. */
  validate(spec: JobSpec | string, options?: CallOptions): Promise<Validation>;
  /** Returns a job as it is now. */
  job(id: string, options?: CallOptions): Promise<Job>;
  /** Returns a page of jobs, newest first or as `orderBy` says. */
  jobs(query?: JobsQuery, options?: CallOptions): Promise<Page<Job>>;
  /** Sets tags and the note of a job, and removes those that are null. */
  label(id: string, changes: LabelChanges): Promise<Job>;
  /** Ends a job for good. */
  cancel(id: string): Promise<Job>;
  /** Stops a job after a checkpoint; `resume` continues it from there. */
  pause(id: string): Promise<Job>;
  /** Queues a paused job again. */
  resume(id: string): Promise<Job>;
  /** Deletes a finished job with its metrics, events and checkpoints. Its model stays. */
  remove(id: string): Promise<void>;
  /** Returns up to `limit` rows of a job's data, spread evenly over it, or those of these numbers, counted from 0. */
  jobRows(id: string, query?: RowsQuery, options?: CallOptions): Promise<JobRows>;
  /** Returns a replayed step of the job's training: its weights' hash, and the requested gradients, activations and loss_by_row. */
  replay(id: string, query: ReplayQuery, options?: CallOptions): Promise<Replay>;
  /** Returns metrics by epoch, as columns. */
  metrics(id: string, query?: MetricsQuery, options?: CallOptions): Promise<Metrics>;
  /** Returns every epoch of a job as CSV. */
  metricsCsv(id: string): Promise<string>;
  /** Returns the metrics as a TensorBoard event file. */
  tensorboard(id: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Returns the events after the sequence number `after`, oldest first. */
  events(id: string, query?: { readonly after?: number; readonly limit?: number }, options?: CallOptions): Promise<EventPage>;
  /**
   * Iterates over the frames of a job, each exactly once and in order, up to its `end` frame. Reconnects when the connection
   * breaks, the server restarts, or the iteration is too slow. Returns without an error when `signal` aborts.
   */
  watch(id: string, options?: WatchOptions): AsyncGenerator<Frame, void, void>;
  /** Waits until a job is in a terminal state, and returns it. */
  wait(id: string, options?: Pick<WatchOptions, "signal" | "retryMs">): Promise<Job>;
  /** Returns a page of a job's checkpoints, newest first. */
  checkpoints(id: string, query?: PageQuery, options?: CallOptions): Promise<Page<Checkpoint>>;
  /** Deletes a checkpoint: the job can no longer resume from it. */
  removeCheckpoint(id: string): Promise<void>;
}

const pathOf = (id: string) => `v1/jobs/${segment(id)}`;

/** Returns the path of a job's TensorBoard event file, relative to the server's address. */
export const tensorboardPath = (id: string): string => `${pathOf(id)}/tensorboard`;

/** Creates the methods about jobs over a transport. */
export function createJobsClient({ send, get, post, drop, bytes, connect }: Transport): JobsClient {
  const postSpec = async <T>(spec: JobSpec | string, options: RequestOptions) => {
    const body = typeof spec === "string" ? { file: spec, type: JSON_TYPE } : { body: spec };
    return (await send("POST", "v1/jobs", { ...body, ...options })).json() as Promise<T>;
  };
  const job = (id: string, options?: CallOptions) => get<Job>(pathOf(id), {}, options);
  const check = (id: string) => send("GET", pathOf(id), { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) });
  const watch = (id: string, options: WatchOptions = {}) =>
    watchFrames<Frame>(
      (after) => connect(`${pathOf(id)}/stream`, { after }),
      () => check(id),
      (frame) => frame.type === "end" && isTerminal(frame.state),
      options,
    );
  return {
    submit: (spec, { idempotencyKey } = {}) =>
      postSpec(spec, idempotencyKey === undefined ? {} : { headers: { "idempotency-key": idempotencyKey } }),
    validate: (spec, options) => postSpec(spec, { ...options, query: { validate_only: true } }),
    job,
    jobs: ({ orderBy, ...query } = {}, options) => get("v1/jobs", { ...query, order_by: orderBy }, options),
    label: async (id, changes) => (await send("PATCH", pathOf(id), { body: changes })).json() as Promise<Job>,
    cancel: (id) => post(`${pathOf(id)}/cancel`),
    pause: (id) => post(`${pathOf(id)}/pause`),
    resume: (id) => post(`${pathOf(id)}/resume`),
    remove: (id) => drop(pathOf(id)),
    replay: (id, { step, ask }, options) => get(`${pathOf(id)}/replay`, { step, ask: ask?.join() }, options),
    jobRows: (id, { limit, rows } = {}, options) => get(`${pathOf(id)}/data`, { limit, rows: rows?.join() }, options),
    metrics: (id, { series, ...range } = {}, options) =>
      get(`${pathOf(id)}/metrics`, { ...range, series: series?.join() }, options),
    metricsCsv: async (id) => (await send("GET", `${pathOf(id)}/metrics`, { accept: "text/csv" })).text(),
    tensorboard: (id) => bytes(tensorboardPath(id)),
    events: (id, query, options) => get(`${pathOf(id)}/events`, query, options),
    watch,
    async wait(id, options) {
      for await (const _ of watch(id, options));
      return job(id);
    },
    checkpoints: (id, query, options) => get(`${pathOf(id)}/checkpoints`, query, options),
    removeCheckpoint: (id) => drop(`v1/checkpoints/${segment(id)}`),
  };
}
