/** The options of a search for a job's network. Its results are in models/search.ts. */
import { z } from "zod";
import type { FieldError } from "../errors.ts";
import { CHOSEN_BY_SEARCH, SEARCH_METRICS, type SearchMetric } from "./search-fields.ts";

export { SEARCH_METRICS, type SearchMetric } from "./search-fields.ts";

/** Metrics of which lower is better. */
const LESS_IS_BETTER: ReadonlySet<SearchMetric> = new Set(["log_loss", "rmse", "mae"]);

/** Whether higher values of a metric of a search are better. */
export function isGreaterBetterInSearch(metric: SearchMetric): boolean {
  return !LESS_IS_BETTER.has(metric);
}

/** Maximum candidates of a search, and maximum of them in the served average. */
const MAX_TRIALS = 500;
export const MAX_MEMBERS = 32;

const metric = z.enum([...SEARCH_METRICS.classes, ...SEARCH_METRICS.values]);

/** Maximum times that an audit divides its rows into folds. */
export const MAX_AUDIT_TRIALS = 10;

/** Maximum folds of a search. */
const MAX_FOLDS = 10;

const options = {
  trials: z.int().min(1).max(MAX_TRIALS).nullable().default(null).meta({
    description: "Candidates to train. null: as many as a budget of work allows, which depends on the rows and columns.",
  }),
  max_seconds: z
    .number()
    .positive()
    .max(86_400)
    .nullable()
    .default(null)
    .meta({ description: "Start no candidate after this time. The result then depends on how fast the machine is." }),
  members: z.int().min(1).max(MAX_MEMBERS).default(8).meta({ description: "Most candidates in the average that is served." }),
  metric: metric.optional().meta({
    description: "The metric that selects the average, on rows that its networks have not seen; by default log_loss or rmse.",
  }),
  folds: z.int().min(2).max(MAX_FOLDS).nullable().default(null).meta({
    description: "Parts of the rows, each held out once from every candidate. null: 5, or fewer if there are many rows.",
  }),
  audit: z
    .literal(true)
    .optional()
    .meta({
      description: `Looks for rows whose class is probably wrong, instead of for the best model: each candidate is the same network, with the rows cut into new folds; all candidates are averaged, and the evaluation has \`labels\`. \`trials\` is how often this is done, at most ${MAX_AUDIT_TRIALS}.`,
    }),
};

export const autoOptions = z.strictObject(options).meta({
  id: "AutoOptions",
  description:
    "Trains candidates from linear to deep on folds of the rows, and serves a weighted average of the best, chosen by their predictions of rows that they have not seen. The same spec and rows give the same model, unless max_seconds is given.",
});

export type AutoOptions = z.output<typeof autoOptions>;

/** The options with every default filled in. */
export const resolvedAuto = z
  .strictObject({
    ...options,
    trials: z.int(),
    metric,
    folds: z.int(),
    trained_folds: z.int().meta({ description: "How many of the folds are held out, each once." }),
    candidates: z
      .array(z.string())
      .meta({ description: "Names of the candidates in the order of their training; an epoch of the job is one of them." }),
  })
  .meta({ id: "ResolvedAutoOptions" });

export type ResolvedAuto = z.output<typeof resolvedAuto>;

/**
 * Returns an error for each field that a spec without a network must not set, because a search chooses it; `json` is the spec as it was
 * written.
 */
export function searchErrors(json: unknown): FieldError[] {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return [];
  const { model } = json as { model?: unknown };
  if (model !== undefined && !(typeof model === "object" && model !== null && "auto" in model)) return [];
  const why = model === undefined ? "when model is left out" : "with model.auto";
  return CHOSEN_BY_SEARCH.filter((field) => field in json).map((field) => ({
    pointer: `/${field}`,
    detail: `is chosen by the search ${why}: leave it out, or give model.layers`,
  }));
}
