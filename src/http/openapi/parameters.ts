/** Path and query parameters, as the routes take them. */

import { z } from "zod";
import { ENCODINGS } from "../../domain/datasets/encodings.ts";
import { MAX_BACKGROUND_ROWS } from "../../domain/explanations/explanation.ts";
import { type Fields, FilterError, OPERATORS, parseFilter } from "../../domain/filter.ts";
import { ID_PREFIXES } from "../../domain/id.ts";
import { JOB_STATES } from "../../domain/jobs/job.ts";
import { JOB_FIELDS, MAX_ORDER_LENGTH, parseOrder } from "../../domain/jobs/job-order.ts";
import { MAX_NUMBERED_ROWS, MAX_SHOWN_ROWS } from "../../domain/jobs/job-rows.ts";
import { REPLAY_ASKS } from "../../domain/jobs/replay.ts";
import { SERIES } from "../../domain/metrics/metric.ts";
import { aliasName } from "../../domain/models/registry.ts";
import { KEPT_WINDOWS } from "../../domain/monitoring/monitor-store.ts";
import { PREDICTION_ID_HEADER, predictionId } from "../../domain/monitoring/requests.ts";

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const DEFAULT_PAGE = 50;
const MAX_PAGE = 200;
const MAX_EVENTS = 1000;
const MAX_PREVIEW_ROWS = 100;
const DEFAULT_POINTS = 2000;
const MAX_POINTS = 100_000;

/** A whole number in a path or query. */
export const whole = z.coerce.number<string>().int();
const seq = whole.min(0);

const exampleId = (prefix: string) => `${prefix}0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90`;
/** The id of a record, as a path parameter. */
export const idOf = (prefix: string, what: string) =>
  z.string().meta({ description: `Id of the ${what}: \`${prefix}\` and a UUIDv7.`, examples: [exampleId(prefix)] });

export const jobParams = z.object({ id: idOf(ID_PREFIXES.job, "job") });
export const workerParams = z.object({ id: idOf(ID_PREFIXES.worker, "process") });
export const modelParams = z.object({
  ref: z.string().meta({
    description:
      "The model: its id, `name` (the newest version), `name@version` or `name@alias`. The id of a checkpoint means a model with its weights.",
    examples: ["moons-mlp@production"],
  }),
});

const modelName = z.string().meta({ description: "The name that versions share.", examples: ["moons-mlp"] });
export const modelRefParams = z.object({
  name: z.string().meta({ description: "The model's name, or any other reference to it.", examples: ["moons-mlp"] }),
});
export const modelVersionParams = z.object({
  name: modelName,
  version: z.string().meta({ description: "The version.", examples: ["3"] }),
});
export const modelNameParams = z.object({ name: modelName });
export const aliasParams = z.object({
  name: modelName,
  alias: aliasName.meta({ description: "Begins with a letter.", examples: ["production"] }),
});
/** How predictions are answered. */
export const answerQuery = z.object({
  top_k: whole.min(1).optional().meta({ description: "Return only this many classes, most probable first." }),
  threshold: z.coerce.number({ error: "must be a number from 0 to 1" }).min(0).max(1).optional().meta({
    description:
      "For two classes: the probability of the second class above which a row is predicted as that class, instead of the model's.",
  }),
  interval: z.coerce.number({ error: "must be a number between 0 and 1" }).gt(0).lt(1).optional().meta({
    description: "The probability with which the `interval` of a value, or the `set` of classes, contains the truth.",
  }),
});
/** For every CSV answer with texts. */
export const spreadsheet = z.enum(["true", "false"]).default("false").meta({
  description:
    "For a CSV that a spreadsheet opens: a cell that is text and begins with `=`, `+`, `-`, `@`, a tab or a line end gets a `'` before it, so that it is shown and not run as a formula. Numbers stay as they are.",
});
export const predictQuery = answerQuery.extend({
  header: z.enum(["true", "false", "auto"]).default("auto").meta({
    description:
      "For CSV: whether the first row has names. `auto`: when one of its cells is a column of the model, or, where columns have no names, when one is not a number.",
  }),
  encoding: z.enum(ENCODINGS).default("utf-8").meta({
    description: "For CSV and NDJSON: how the text is encoded, as at uploads. The answer is UTF-8.",
  }),
  explain: z.enum(["shapley"]).optional().meta({
    description:
      "Explains each row by the contributions of its columns, as `explain` in a body does: NDJSON has an `explanation`, CSV further cells, `base` and `contribution_...` for each column, of the value or of the answered class.",
  }),
  background: whole.min(1).max(MAX_BACKGROUND_ROWS).optional().meta({
    description: "With `explain`: the number of training rows that each row is compared with (default 100).",
  }),
  prediction_id: predictionId.optional().meta({
    description:
      "Stores the answers under this id, which you choose, so that you can send the true value of each row, counted from 0, to `POST /v1/models/{ref}/feedback`. Up to 1000 rows of a JSON body, up to 10,000 of CSV and NDJSON.",
  }),
  counted: z.enum(["true", "false"]).default("true").meta({
    description:
      "For JSON: `false` leaves these rows out of monitoring and its sample, for example for a plot or a test of the service.",
  }),
  trailer: z.enum(["true", "false"]).default("false").meta({
    description:
      "For CSV and NDJSON: whether the answer ends with a line of its own that reports success or the error, instead of a broken connection.",
  }),
  spreadsheet,
});
export const monitoringQuery = z.object({
  windows: whole.min(0).max(KEPT_WINDOWS).default(12).meta({ description: "The newest windows, at most so many." }),
});

export const askedRowsQuery = z.object({
  after: whole.min(1).optional().meta({ description: "The number of the last row of the page before (`next_after`)." }),
  limit: whole.min(1).max(100).default(20).meta({ description: "Most items in the answer." }),
});

export const compareScoresQuery = z.object({
  with: z.string().meta({ description: "The other model, as a reference." }),
  dataset: z.string().optional().meta({
    description: "A data set on every row of which both are scored; without it, the rows that the jobs of both held out.",
  }),
});

export const compareQuery = z.object({ with: z.string().meta({ description: "The other model, as a reference." }) });

/** The parameters of a page of records whose ids have this prefix. */
export const pageOf = (prefix: string) => ({
  after: z
    .string()
    .regex(new RegExp(`^${prefix}${UUID}$`), { error: `must be an id, like ${exampleId(prefix)}` })
    .optional()
    .meta({ description: "The id of the last item of the page before (`next_after`)." }),
  limit: whole.min(1).max(MAX_PAGE).default(DEFAULT_PAGE).meta({
    description: "Most items in the answer. It has fewer if they are large: `has_more` says whether there are more.",
  }),
});

/** Text that a parser of the domain reads; faults are reported with their column. */
const parsed = <T>(parse: (text: string) => T) =>
  z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  });

/** A filter by these fields. */
export const filterOf = (fields: Fields) => parsed((text) => parseFilter(text, fields));

/** The end of a page of jobs: an id, and, for a list in another order than creation, the value and the order. */
const jobCursor = z
  .string()
  .max(MAX_ORDER_LENGTH + 100)
  .regex(new RegExp(`^${ID_PREFIXES.job}${UUID}(~[-+.e\\d]*~.+)?$`), {
    error: `must be the next_after of a page, like ${exampleId(ID_PREFIXES.job)}`,
  })
  .optional()
  .meta({ description: "Where the previous page ended (`next_after`). It is only valid with the same `order_by`." });

export const jobsQuery = z.object({
  state: z.enum(JOB_STATES).optional().meta({ description: "Only jobs in this state." }),
  name: z.string().max(200).optional().meta({ description: "Only jobs of exactly this name." }),
  filter: filterOf(JOB_FIELDS)
    .optional()
    .meta({
      description: `Conditions that must all hold, joined by \`and\`. Fields are ${Object.keys(JOB_FIELDS).join(", ")}, operators ${OPERATORS.join(" ")}; a literal is a number, text in double quotes, true, false or null. \`metrics\` are those of the epoch whose weights the model has, of a running job the best so far, up to a fifth of its epochs late; \`params\` are values of the resolved spec by their JSON pointers. If a job lacks a field, it meets no condition on it except \`= null\`.`,
      examples: ['metrics.val_loss < 0.3 and tags.team = "a" and params."/optimizer/lr" > 0.01'],
    }),
  order_by: parsed(parseOrder)
    .optional()
    .meta({
      description:
        "`created_at`, a metric or a parameter, as `metrics.val_loss`; with `-`, the greatest or newest comes first. Jobs without a number for it come last. By default `-created_at`.",
      examples: ["-metrics.val_accuracy"],
    }),
  ...pageOf(ID_PREFIXES.job),
  after: jobCursor,
});

export const checkpointParams = z.object({ id: idOf(ID_PREFIXES.checkpoint, "checkpoint") });
export const checkpointsQuery = z.object(pageOf(ID_PREFIXES.checkpoint));

export const deliveriesQuery = z.object(pageOf(ID_PREFIXES.delivery));

export const datasetParams = z.object({ id: idOf(ID_PREFIXES.dataset, "data set") });
export const importParams = z.object({ id: idOf(ID_PREFIXES.import, "import") });
export const cancelImportParams = z.object({
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, { error: `must be an id like ${exampleId(ID_PREFIXES.import)}, or an Idempotency-Key` })
    .meta({
      description: "The import, or the `Idempotency-Key` of the request that asked for it, whose answer may have been lost.",
      examples: [exampleId(ID_PREFIXES.import)],
    }),
});
export const datasetsQuery = z.object(pageOf(ID_PREFIXES.dataset));
export const forgetParams = z.object({ id: idOf(ID_PREFIXES.forget, "run") });
/** Each run lists up to ten thousand rows. */
export const forgetsQuery = z.object({
  ...pageOf(ID_PREFIXES.forget),
  limit: whole.min(1).max(50).default(10).meta({ description: "Most items in the answer." }),
});
export const validateQuery = z.object({
  validate_only: z
    .enum(["true", "false"])
    .default("false")
    .meta({ description: "true: say what would be done, and change nothing." }),
});

export const scheduleParams = z.object({ id: idOf(ID_PREFIXES.schedule, "schedule") });
export const scheduleRunParams = scheduleParams.extend({ run: idOf(ID_PREFIXES.scheduleRun, "run") });
export const schedulesQuery = z.object(pageOf(ID_PREFIXES.schedule));
export const scheduleRunsQuery = z.object(pageOf(ID_PREFIXES.scheduleRun));

export const previewQuery = z.object({
  rows: whole.min(1).max(MAX_PREVIEW_ROWS).default(10).meta({ description: "Most rows in the answer." }),
});

/** Maximum columns of one answer. */
const MAX_SAMPLED_COLUMNS = 16;
const COLUMN_NAMES = z.array(z.string().min(1).max(500)).min(1).max(MAX_SAMPLED_COLUMNS);

/** Names of columns, as the JSON text of a list, because a name may contain any character. */
const columnNames = z.string().transform((text, context) => {
  const read = COLUMN_NAMES.safeParse(jsonOrNull(text));
  if (read.success) return read.data;
  context.addIssue(`must be a JSON list of 1 to ${MAX_SAMPLED_COLUMNS} names of columns, as ["x","y"]`);
  return z.NEVER;
});

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export const sampleQuery = z.object({
  columns: columnNames.meta({ description: "Names of columns, as a JSON list.", examples: ['["body_mass_g","species"]'] }),
  limit: whole.min(1).max(MAX_SHOWN_ROWS).default(1000).meta({ description: "Most rows in the answer." }),
});

export const keyParams = z.object({ id: idOf(ID_PREFIXES.key, "key") });
export const keysQuery = z.object(pageOf(ID_PREFIXES.key));

export const versionsQuery = z.object(pageOf(ID_PREFIXES.model));
export const modelsQuery = versionsQuery.extend({
  name: z.string().max(200).optional().meta({ description: "Only models of exactly this name." }),
});

export const importQuery = z.object({
  name: z.string().max(200).optional().meta({
    description: "The model becomes the next version of this name. By default the file's own name, or `imported`.",
  }),
  architecture: z
    .string()
    .max(16_384)
    .optional()
    .meta({
      description:
        "JSON with `task`, `layers` and where needed `input_width`, `classes`, `activation`, `preprocessing`. The file's `trainyard.architecture` when left out.",
      examples: [JSON.stringify({ task: "regression", layers: [{ type: "linear", units: 1 }] })],
    }),
});

export const rowsQuery = z.object({
  limit: whole.min(1).max(MAX_SHOWN_ROWS).default(1000).meta({ description: "Most rows in the answer." }),
  rows: z
    .string()
    .regex(/^\d{1,10}(,\d{1,10})*$/, "must be numbers of rows, as in rows=3,17")
    .transform((text) => text.split(",").map(Number))
    .refine((numbers) => numbers.length <= MAX_NUMBERED_ROWS, `must be at most ${MAX_NUMBERED_ROWS} numbers`)
    .optional()
    .meta({
      description: `Only these rows: their numbers in the data, counted from 0, separated by commas; at most ${MAX_NUMBERED_ROWS}. \`limit\` is then ignored.`,
      examples: ["3,17"],
    }),
});

export const replayQuery = z.object({
  step: whole.min(0).meta({ description: "Steps of the optimiser that are done; 0 is before the first." }),
  ask: z
    .string()
    .default("")
    .transform((text) => (text === "" ? [] : text.split(",")))
    .refine((asks) => asks.every((ask) => (REPLAY_ASKS as readonly string[]).includes(ask)), {
      error: `must be of ${REPLAY_ASKS.join(", ")}, with commas between`,
    })
    .meta({ description: `Which of ${REPLAY_ASKS.join(", ")}, with commas between.`, examples: ["gradients,loss_by_row"] }),
});

export const submitQuery = z.object({
  validate_only: z.enum(["true", "false"]).default("false").meta({ description: "true: resolve the spec and store nothing." }),
});

export const metricsQuery = z.object({
  from: whole.min(1).default(1).meta({ description: "First epoch." }),
  to: whole.min(1).optional().meta({ description: "Last epoch; the newest one when left out." }),
  points: whole.min(2).max(MAX_POINTS).default(DEFAULT_POINTS).meta({
    description:
      "About the most epochs in the answer. When there are more, first and last are kept, and every column's least and greatest value of all and of equal stretches; at least the ends and extremes of each started million of epochs.",
  }),
  series: z
    .string()
    .transform((names) => names.split(","))
    .pipe(z.array(z.enum(SERIES)).min(1))
    .optional()
    .meta({
      description: "The columns to return, separated by commas; all when left out. The fewer columns, the finer the points.",
      examples: ["loss,val_loss"],
    }),
});

export const eventsQuery = z.object({
  after: seq.default(0).meta({ description: "Only events with a greater sequence number." }),
  limit: whole.min(1).max(MAX_EVENTS).default(100).meta({ description: "Most events in a JSON answer." }),
});

export const streamQuery = z.object({
  after: seq.default(0).meta({ description: "The sequence number of the last frame seen; 0 is the beginning." }),
});

/** For requests in another server's protocol, which has its own other headers. */
export const keepingHeaders = z.looseObject({
  [PREDICTION_ID_HEADER]: predictionId.optional().meta({
    description:
      "Stores the answers of up to 1000 rows under this id, which you choose, so that you can send the true values to `POST /v1/models/{ref}/feedback`.",
  }),
});

export const lastEventId = z.object({
  "last-event-id": seq.optional().meta({ description: "Sent by an EventSource when it reconnects; overrides `after`." }),
});
