/**
 * Schedules: when a table is fetched again, what is trained on it, and whether the new model replaces the old one. A run is the record of
 * one time, which survives the process.
 */
import { z } from "zod";
import { aliasName } from "../models/registry.ts";
import { COMPARED_FIGURES } from "../models/score-comparison.ts";
import { importOptions } from "../sources/import-request.ts";
import { shownSource, source } from "../sources/source.ts";

/** Minimum minutes between two times of a schedule. */
export const MIN_GAP_MINUTES = 5;
/** Maximum runs kept for a schedule; older ones are deleted when another ends. */
export const KEPT_RUNS = 1000;

const ACTIVE_RUN_STATES = ["fetching", "training", "comparing"] as const;
const ENDED_RUN_STATES = ["unchanged", "trained", "promoted", "kept", "failed"] as const;
export const RUN_STATES = [...ACTIVE_RUN_STATES, ...ENDED_RUN_STATES] as const;
export type ScheduleRunState = (typeof RUN_STATES)[number];
export type EndedRunState = (typeof ENDED_RUN_STATES)[number];

/** Whether a run is over. */
export function isEndedRun(state: ScheduleRunState): state is EndedRunState {
  return (ENDED_RUN_STATES as readonly string[]).includes(state);
}

const promotion = z
  .strictObject({
    alias: aliasName.meta({ description: "That names the model in use, as in `name@production`." }),
    metric: z
      .enum(COMPARED_FIGURES)
      .optional()
      .meta({ description: "The metric that compares both; by default `accuracy` for classes and `r2` for values." }),
    min_gain: z.number().min(0).max(1e12).default(0).meta({
      description: "By how much the new model must be better, in the metric's own units. If they tie, the old one stays.",
    }),
  })
  .meta({
    id: "Promotion",
    description:
      "The alias moves to the new version if that is better on rows of the new table that neither model was trained on. Both versions stay.",
    examples: [{ alias: "production", min_gain: 0.01 }],
  });

const job = z.record(z.string(), z.unknown()).meta({
  description:
    "The body of a job, as for `POST /v1/jobs`, but without the `id` of `data.dataset`: the job uses the data set that was fetched. Without `model` it is a search. With `promote` and no `split`, a fifth of the rows is a test part.",
});

const fields = {
  name: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .meta({ description: "Shown in lists; also the name of the data sets, and of a job without one." }),
  cron: z
    .string()
    .min(1)
    .max(200)
    .meta({
      description: `Five fields: minute, hour, day of the month, month, day of the week; or @hourly, @daily, @weekly, @monthly, @yearly. Not more often than every ${MIN_GAP_MINUTES} minutes.`,
      examples: ["0 3 * * *"],
    }),
  timezone: z
    .string()
    .min(1)
    .max(60)
    .meta({ description: "A time zone of IANA, such as Europe/Berlin.", examples: ["Europe/Berlin"] }),
  source,
  format: importOptions.shape.format,
  reading: importOptions.shape.reading,
  job,
  promote: promotion.nullable().meta({ description: "null: models are trained, and no alias moves." }),
  webhook: z
    .strictObject({ url: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).max(2000) })
    .nullable()
    .meta({ description: "Is sent each run when it ends, signed as Standard Webhooks says." }),
  keep: z.int().min(1).max(KEPT_RUNS).nullable().meta({
    description:
      "How many of its fetched tables to keep. Older ones are deleted when a run ends, unless a model in use was trained on one (the newest version of its name, or one that an alias names). null: all are kept.",
  }),
  paused: z.boolean().meta({ description: "A schedule that is paused is due at no time; it can be run by request." }),
};

const EXAMPLE = {
  ...{ name: "penguins", cron: "0 3 * * *", timezone: "Europe/Berlin", source: { url: "https://example.com/penguins.csv" } },
  job: { data: { dataset: { target: "species" } } },
  promote: { alias: "production", min_gain: 0.01 },
};

/** The request for a schedule. */
export const scheduleBody = z
  .strictObject({
    ...fields,
    timezone: fields.timezone.default("UTC"),
    promote: fields.promote.default(null),
    webhook: fields.webhook.default(null),
    keep: fields.keep.default(null),
    paused: fields.paused.default(false),
  })
  .meta({ id: "ScheduleRequest", examples: [EXAMPLE] });

/** The request to change one: given fields are replaced. */
export const scheduleChanges = z
  .strictObject(fields)
  .partial()
  .meta({ id: "ScheduleChanges", examples: [{ paused: true }] });

export type ScheduleRequest = z.output<typeof scheduleBody>;
export type ScheduleChanges = z.output<typeof scheduleChanges>;

/** What a schedule does; its source has secrets. */
export type ScheduleDocument = Omit<ScheduleRequest, "paused">;

export interface Schedule {
  readonly id: string;
  readonly project: string;
  readonly document: ScheduleDocument;
  readonly paused: boolean;
  /** The next due time; null while it is paused, and if there is none. */
  readonly nextAt: number | null;
  /** The table that the last model was trained on: its etag from the source, and its hash. Null until there is one. */
  readonly etag: string | null;
  readonly sha256: string | null;
  readonly createdAt: number;
}

/** How two models compare on the new rows. */
export const runComparison = z
  .strictObject({
    old: z.strictObject({ id: z.string(), version: z.int() }).meta({ description: "The version that the alias named." }),
    metric: z.enum(COMPARED_FIGURES).nullable().meta({ description: "null where they could not be compared." }),
    old_value: z.number().nullable(),
    new_value: z.number().nullable(),
    gain: z.number().nullable().meta({ description: "By how much the new one is better; below 0 it is worse." }),
    from: z.number().nullable().meta({ description: "The range of the gain on fresh rows: from." }),
    to: z.number().nullable().meta({ description: "And to." }),
    rows: z.int().nullable().meta({ description: "Rows of the new table that both were scored on." }),
    rows_seen: z.int().nullable().meta({
      description:
        "Held-out rows that were left out because a row with the same values trained the old model. null if the old model's rows were deleted: then none was left out, which favours the old model.",
    }),
    reason: z.string().nullable().meta({ description: "Why they could not be compared; the old one stays then." }),
  })
  .meta({ id: "ScheduleComparison" });

export type RunComparison = z.output<typeof runComparison>;

const made = {
  dataset: z.string().nullable().meta({ description: "The data set that was fetched." }),
  sha256: z.string().nullable().meta({ description: "Of the table." }),
  job: z.string().nullable(),
  model: z.strictObject({ id: z.string(), name: z.string(), version: z.int() }).nullable(),
  comparison: runComparison.nullable().meta({ description: "null where there was nothing to compare with." }),
  error: z.string().nullable(),
};

/** The progress of a run. */
export interface RunDocument extends z.output<z.ZodObject<typeof made>> {
  /** When it was due; null for a requested run. */
  readonly dueAt: number | null;
  readonly etag: string | null;
  /** Whether the run created the data set: it may not delete one that existed before. */
  readonly isOwnTable?: boolean;
  /** The hash of the schedule's parts that determine the result, see resultText. */
  readonly of?: string;
  /** Whether the job existed: if it is gone then, it was deleted. */
  readonly isSubmitted?: boolean;
  /** Number of attempts: if a process dies, another tries again. Restarts at 0 once the job exists. */
  readonly attempts: number;
  /** The earliest time to continue; null for at once. */
  readonly retryAt: number | null;
}

/** The initial progress of a run. */
export const NEW_RUN: Omit<RunDocument, "dueAt"> = {
  ...{ dataset: null, sha256: null, job: null, model: null, comparison: null, error: null },
  ...{ etag: null, attempts: 0, retryAt: null },
};

export interface ScheduleRun {
  readonly id: string;
  readonly scheduleId: string;
  readonly project: string;
  readonly state: ScheduleRunState;
  readonly document: RunDocument;
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

export const runAnswer = z
  .object({
    id: z.string(),
    schedule: z.string(),
    state: z.enum(RUN_STATES).meta({
      description:
        "`fetching`, `training` and `comparing` are in progress. `unchanged`: the table is the same as for the last model. `trained`: there is a new model and no alias to move. `promoted`: the alias moved to it. `kept`: the old one stays. `failed`: see `error`.",
    }),
    due_at: z.iso.datetime().nullable().meta({ description: "null for a run that was asked for." }),
    ...made,
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .meta({
    id: "ScheduleRun",
    examples: [
      {
        ...{ id: "srn_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90", schedule: "sch_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90" },
        ...{ state: "unchanged" as const, due_at: "2026-01-02T03:00:00.000Z", dataset: null, sha256: null, job: null },
        ...{ model: null, comparison: null, error: null },
        ...{ created_at: "2026-01-02T03:00:00.123Z", finished_at: "2026-01-02T03:00:01.234Z" },
      },
    ],
  });

export const scheduleAnswer = z
  .object({
    id: z.string(),
    ...fields,
    source: shownSource,
    format: fields.format.unwrap().nullable(),
    reading: z.record(z.string(), z.unknown()).nullable(),
    next_at: z.iso.datetime().nullable().meta({ description: "null while it is paused." }),
    last_run: runAnswer.nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({
    id: "Schedule",
    examples: [
      {
        ...EXAMPLE,
        ...{ id: "sch_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90", format: null, reading: null, webhook: null },
        ...{ keep: null, paused: false },
        ...{ next_at: "2026-01-03T02:00:00.000Z", last_run: null, created_at: "2026-01-02T03:04:05.678Z" },
      },
    ],
  });

/** A run as the API and webhooks show it. */
export function representRun({
  id,
  scheduleId,
  state,
  document,
  createdAt,
  finishedAt,
}: ScheduleRun): z.output<typeof runAnswer> {
  const { dataset, sha256, job: ofRun, model, comparison, error, dueAt } = document;
  return {
    ...{ id, schedule: scheduleId, state, due_at: isoTime(dueAt), dataset, sha256, job: ofRun, model, comparison, error },
    created_at: new Date(createdAt).toISOString(),
    finished_at: isoTime(finishedAt),
  };
}

/** The message of a run that has ended. */
export function runWebhookBody(run: ScheduleRun): string {
  const data = representRun(run);
  return JSON.stringify({ type: `schedule.${run.state}`, timestamp: data.finished_at ?? data.created_at, data });
}

/** Whether a change leads to another table or another model: then the next run trains, whatever it fetches. */
export const changesResult = (changes: Partial<Record<keyof ScheduleDocument, unknown>>): boolean =>
  RESULT_FIELDS.some((field) => changes[field] !== undefined);

const RESULT_FIELDS = ["source", "format", "reading", "job"] as const;

/**
 * The parts of a schedule that determine its result: if two differ, they lead to another table or another model. Contains the source's
 * secrets.
 */
export const resultText = (document: ScheduleDocument): string =>
  JSON.stringify(RESULT_FIELDS.map((field) => document[field] ?? null));

const isoTime = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
