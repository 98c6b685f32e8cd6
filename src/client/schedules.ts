/** Methods for tables that the server fetches: once, or by schedules that train on them. */
import type { z } from "zod";
import type { RunComparison, ScheduleRunState, scheduleBody, scheduleChanges } from "../domain/schedules/schedule.ts";
import type { importBody } from "../domain/sources/import-request.ts";
import type { ShownSource } from "../domain/sources/source.ts";
import type { importAnswer } from "../domain/sources/table-import.ts";
import type { Dataset, Page, PageQuery } from "./answers.ts";
import type { WebhookDelivery } from "./monitoring/deliveries.ts";
import { type CallOptions, segment, type Transport } from "./transport/transport.ts";

/** Where a table is fetched from, and how it is named and read. */
export type ImportRequest = z.input<typeof importBody>;
/** When a table is fetched, what trains on it, and which alias moves. */
export type ScheduleRequest = z.input<typeof scheduleBody>;
/** The changed fields of a schedule. */
export type ScheduleChanges = z.input<typeof scheduleChanges>;

/** An import that takes longer than its request waits. */
export type TableImport = z.output<typeof importAnswer>;

/** How to wait for an import. */
export interface ImportWait extends CallOptions {
  /** Called about once a second with the progress of a long one. */
  readonly onProgress?: (underWay: TableImport) => void;
}

/** An import that has failed, or was cancelled, while it was waited for. */
export class ImportFailed extends Error {
  readonly import: TableImport;
  constructor(ended: TableImport) {
    super(ended.error?.detail ?? "the import was cancelled");
    this.name = "ImportFailed";
    this.import = ended;
  }
}

/** Waits, or less if the signal aborts. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(over, ms);
    function over(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", over);
      resolve();
    }
    if (signal?.aborted) over();
    else signal?.addEventListener("abort", over);
  });
}

/** A key of a request. Pages that came without TLS have no `randomUUID`. */
const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Time between two looks at an import. */
const LOOK_MS = 1000;

/** A run of a schedule. */
export interface ScheduleRun {
  id: string;
  schedule: string;
  state: ScheduleRunState;
  /** null for a requested run. */
  due_at: string | null;
  dataset: string | null;
  sha256: string | null;
  job: string | null;
  model: { id: string; name: string; version: number } | null;
  comparison: RunComparison | null;
  error: string | null;
  created_at: string;
  finished_at: string | null;
}

/** A schedule, its source without secrets. */
export interface Schedule {
  id: string;
  name: string;
  cron: string;
  timezone: string;
  source: ShownSource;
  format: string | null;
  reading: Record<string, unknown> | null;
  job: Record<string, unknown>;
  promote: { alias: string; metric?: string | undefined; min_gain: number } | null;
  webhook: { url: string } | null;
  /** Number of tables kept; null for all. */
  keep: number | null;
  paused: boolean;
  next_at: string | null;
  last_run: ScheduleRun | null;
  created_at: string;
}

/** Methods about sources and schedules. All of them reject as the transport does. */
export interface SchedulesClient {
  /**
   * Has the server fetch a table, and waits for it however long that takes; the same bytes with the same options are the same data set.
   * Rejects with an ImportFailed when it failed or was cancelled later than in its first seconds. Aborting cancels it, whether or
   * not the server's answer has arrived.
   */
  importDataset(request: ImportRequest, options?: ImportWait): Promise<Dataset>;
  /** Creates a schedule. */
  createSchedule(request: ScheduleRequest): Promise<Schedule>;
  /** Returns a page of schedules, newest first. */
  schedules(query?: PageQuery, options?: CallOptions): Promise<Page<Schedule>>;
  /** Returns a schedule. */
  schedule(id: string, options?: CallOptions): Promise<Schedule>;
  /** Changes the given fields of a schedule. */
  changeSchedule(id: string, changes: ScheduleChanges): Promise<Schedule>;
  /** Deletes a schedule with its runs; data sets, jobs and models stay. */
  removeSchedule(id: string): Promise<void>;
  /** Starts a run now, which continues by itself. */
  runSchedule(id: string): Promise<ScheduleRun>;
  /** Returns a page of a schedule's runs, newest first. */
  scheduleRuns(id: string, query?: PageQuery, options?: CallOptions): Promise<Page<ScheduleRun>>;
  /** Returns a page of the webhooks of a run, newest first. */
  runWebhookDeliveries(id: string, run: string, query?: PageQuery, options?: CallOptions): Promise<Page<WebhookDelivery>>;
}

/** Creates the methods over a transport. `importDataset` throws an ImportFailed, and the signal's reason when it aborts. */
export function createSchedulesClient({ send, get, post, drop }: Transport): SchedulesClient {
  const pathOf = (id: string) => `v1/schedules/${segment(id)}`;
  return {
    async importDataset(request, { onProgress, signal } = {}) {
      const key = newKey();
      const options = { body: request, signal, headers: { "idempotency-key": key } };
      const answer = send("POST", "v1/datasets/import", options).then((sent) => sent.json() as Promise<Dataset | TableImport>);
      const first = await answer.catch(async (error: unknown) => {
        // The answer may have been on its way, with an id that nobody will know. The key names the import too.
        if (signal?.aborted) await post(`v1/imports/${segment(key)}/cancel`).catch(() => undefined);
        throw error;
      });
      if (!("state" in first)) return first;
      let underWay = first;
      while (underWay.finished_at === null) {
        onProgress?.(underWay);
        await pause(LOOK_MS, signal);
        if (signal?.aborted) {
          await post(`v1/imports/${segment(underWay.id)}/cancel`);
          throw signal.reason;
        }
        underWay = await get<TableImport>(`v1/imports/${segment(underWay.id)}`);
      }
      if (underWay.dataset === null) throw new ImportFailed(underWay);
      return get<Dataset>(`v1/datasets/${segment(underWay.dataset)}`);
    },
    createSchedule: (request) => post("v1/schedules", request),
    schedules: (query, options) => get("v1/schedules", query, options),
    schedule: (id, options) => get(pathOf(id), {}, options),
    changeSchedule: async (id, changes) => (await send("PATCH", pathOf(id), { body: changes })).json() as Promise<Schedule>,
    removeSchedule: (id) => drop(pathOf(id)),
    runSchedule: (id) => post(`${pathOf(id)}/run`),
    scheduleRuns: (id, query, options) => get(`${pathOf(id)}/runs`, query, options),
    runWebhookDeliveries: (id, run, query, options) =>
      get(`${pathOf(id)}/runs/${segment(run)}/webhook-deliveries`, query, options),
  };
}
