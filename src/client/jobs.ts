/** The client's part for jobs: submit, watch, change, and what is left of them. */
import type { JobState } from "../domain/jobs/job.ts";
import type {
  Checkpoint,
  EventPage,
  Frame,
  Job,
  JobSpec,
  Metrics,
  Page,
  PageQuery,
  SubmittedJob,
  Validation,
} from "./answers.ts";
import { segment, type Transport } from "./transport.ts";
import { type WatchOptions, watchFrames } from "./watch.ts";

/** When the server does not answer the question whether it is there. */
const CHECK_TIMEOUT_MS = 10_000;

export interface SubmitOptions {
  /** The same key and spec, sent again, are the same job: a submission whose answer was lost can be repeated. */
  readonly idempotencyKey?: string;
}

export interface JobsClient {
  /** Stores and queues a job. */
  submit(spec: JobSpec, options?: SubmitOptions): Promise<SubmittedJob>;
  /** What a spec comes to; stores nothing. */
  validate(spec: JobSpec): Promise<Validation>;
  /** A job as it is now. */
  job(id: string): Promise<Job>;
  /** Jobs, newest first: all of them, or those in a state or with a name. */
  jobs(query?: PageQuery & { readonly state?: JobState; readonly name?: string }): Promise<Page<Job>>;
  /** Ends a job for good, whether it waits or trains. */
  cancel(id: string): Promise<Job>;
  /** Has a job stop after a checkpoint, to go on with `resume`. */
  pause(id: string): Promise<Job>;
  /** Queues a paused job again; it goes on from its last checkpoint. */
  resume(id: string): Promise<Job>;
  /** Deletes a finished job. */
  remove(id: string): Promise<void>;
  /** The metrics of a job by epoch, downsampled to about `points` epochs where the range has more. */
  metrics(id: string, query?: { readonly from?: number; readonly to?: number; readonly points?: number }): Promise<Metrics>;
  /** Every epoch of a job as CSV. */
  metricsCsv(id: string): Promise<string>;
  /** A TensorBoard event file. */
  tensorboard(id: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The events of a job in their order, from the one after `after` on. */
  events(id: string, query?: { readonly after?: number; readonly limit?: number }): Promise<EventPage>;
  /**
   * The frames of a job, each exactly once and in order, up to its `end` frame. Reconnects when the connection breaks, the
   * server restarts, or whoever iterates is too slow. Ends quietly when `signal` aborts.
   */
  watch(id: string, options?: WatchOptions): AsyncGenerator<Frame, void, void>;
  /** Waits until a job is in a terminal state. */
  wait(id: string, options?: Pick<WatchOptions, "signal" | "retryMs">): Promise<Job>;
  /** The checkpoints of a job, newest first. */
  checkpoints(id: string, query?: PageQuery): Promise<Page<Checkpoint>>;
  /** Deletes a checkpoint by its id. */
  removeCheckpoint(id: string): Promise<void>;
}

/** The methods of jobs over a transport. */
export function createJobsClient({ send, get, post, drop, bytes, connect }: Transport): JobsClient {
  const pathOf = (id: string) => `v1/jobs/${segment(id)}`;
  const job = (id: string) => get<Job>(pathOf(id));
  const check = (id: string) => send("GET", pathOf(id), { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) });
  const watch = (id: string, options: WatchOptions = {}) =>
    watchFrames(
      (after) => connect(`${pathOf(id)}/stream`, { after }),
      () => check(id),
      options,
    );
  return {
    async submit(spec, { idempotencyKey } = {}) {
      const headers = idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey };
      return (await send("POST", "v1/jobs", { body: spec, headers })).json() as Promise<SubmittedJob>;
    },
    validate: (spec) => post("v1/jobs", spec, { validate_only: true }),
    job,
    jobs: (query) => get("v1/jobs", query),
    cancel: (id) => post(`${pathOf(id)}/cancel`),
    pause: (id) => post(`${pathOf(id)}/pause`),
    resume: (id) => post(`${pathOf(id)}/resume`),
    remove: (id) => drop(pathOf(id)),
    metrics: (id, query) => get(`${pathOf(id)}/metrics`, query),
    metricsCsv: async (id) => (await send("GET", `${pathOf(id)}/metrics`, { accept: "text/csv" })).text(),
    tensorboard: (id) => bytes(`${pathOf(id)}/tensorboard`),
    events: (id, query) => get(`${pathOf(id)}/events`, query),
    watch,
    async wait(id, options) {
      for await (const _ of watch(id, options));
      return job(id);
    },
    checkpoints: (id, query) => get(`${pathOf(id)}/checkpoints`, query),
    removeCheckpoint: (id) => drop(`v1/checkpoints/${segment(id)}`),
  };
}
