/** Path and query parameters, as the routes take them. */
import { z } from "zod";
import { ID_PREFIXES } from "../domain/id.ts";
import { JOB_STATES } from "../domain/job.ts";

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const DEFAULT_PAGE = 50;
const MAX_PAGE = 200;
const MAX_EVENTS = 1000;
const MAX_PREVIEW_ROWS = 100;
const DEFAULT_POINTS = 2000;
const MAX_POINTS = 100_000;

const whole = z.coerce.number<string>().int();
const seq = whole.min(0);

const exampleId = (prefix: string) => `${prefix}0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90`;
const idOf = (prefix: string, what: string) =>
  z.string().meta({ description: `Id of the ${what}: \`${prefix}\` and a UUIDv7.`, examples: [exampleId(prefix)] });

export const jobParams = z.object({ id: idOf(ID_PREFIXES.job, "job") });
export const modelParams = z.object({ id: idOf(ID_PREFIXES.model, "model") });

const pageOf = (prefix: string) => ({
  after: z
    .string()
    .regex(new RegExp(`^${prefix}${UUID}$`), { error: `must be an id, like ${exampleId(prefix)}` })
    .optional()
    .meta({ description: "The id of the last item of the page before (`next_after`)." }),
  limit: whole.min(1).max(MAX_PAGE).default(DEFAULT_PAGE).meta({ description: "Most items in the answer." }),
});

export const jobsQuery = z.object({
  state: z.enum(JOB_STATES).optional().meta({ description: "Only jobs in this state." }),
  name: z.string().max(200).optional().meta({ description: "Only jobs of exactly this name." }),
  ...pageOf(ID_PREFIXES.job),
});

export const datasetParams = z.object({ id: idOf(ID_PREFIXES.dataset, "data set") });
export const datasetsQuery = z.object(pageOf(ID_PREFIXES.dataset));

export const previewQuery = z.object({
  rows: whole.min(1).max(MAX_PREVIEW_ROWS).default(10).meta({ description: "Most rows in the answer." }),
});

export const modelsQuery = z.object(pageOf(ID_PREFIXES.model));

export const submitQuery = z.object({
  validate_only: z
    .enum(["true", "false"])
    .default("false")
    .meta({ description: "true: say what the spec comes to, and store nothing." }),
});

export const metricsQuery = z.object({
  from: whole.min(1).default(1).meta({ description: "First epoch." }),
  to: whole.min(1).optional().meta({ description: "Last epoch; the newest one when left out." }),
  points: whole.min(2).max(MAX_POINTS).default(DEFAULT_POINTS).meta({
    description:
      "About the most epochs in the answer. When there are more, first, last, extremes and each bucket's least and greatest loss are kept.",
  }),
});

export const eventsQuery = z.object({
  after: seq.default(0).meta({ description: "Only events with a greater sequence number." }),
  limit: whole.min(1).max(MAX_EVENTS).default(100).meta({ description: "Most events in a JSON answer." }),
});

export const streamQuery = z.object({
  after: seq.default(0).meta({ description: "The sequence number of the last frame seen; 0 is the beginning." }),
});

export const lastEventId = z.object({
  "last-event-id": seq.optional().meta({ description: "What an EventSource sends when it reconnects; goes before `after`." }),
});
