/**
 * Explanations of predictions: the options of a request, its cost, and the answer. Contributions are Shapley values of the columns
 * (Lundberg and Lee, "A unified approach to interpreting model predictions", 2017): how far each column moves the answer from its mean over
 * background rows. Unknown columns take their values from these rows.
 */
import { z } from "zod";
import { invalid, TrainyardError } from "../errors.ts";
import type { Model } from "../models/model.ts";

/** Maximum rows of one request that are explained, and background rows. */
const MAX_EXPLAINED_ROWS = 100;
export const MAX_BACKGROUND_ROWS = 1000;
const DEFAULT_BACKGROUND_ROWS = 100;
/** Maximum numbers in the contributions of one answer: about two megabytes of JSON. */
const MAX_CONTRIBUTIONS = 100_000;
/** Maximum numbers in the features of the background rows: 8 MiB. */
const MAX_BACKGROUND_FEATURES = 2 ** 21;
/** Maximum columns for which all coalitions are computed. */
const MAX_EXACT_COLUMNS = 12;
/** Maximum multiply-adds of all coalitions of one row: about a second. With ten columns, this allows networks of up to 36,000 parameters. */
const EXACT_WORK = 4e9;
/** Multiply-adds that the permutations of one row use, unless that would be too few permutations. */
const SAMPLED_WORK = 1e8;
const [MIN_PAIRS, MAX_PAIRS] = [2, 16];
/** Maximum pairs of permutations that may be requested. */
const MAX_SAMPLES = 1000;
/** Maximum multiply-adds of one request: some ten seconds of a thread. */
const MAX_WORK = 3e10;

const cell = z.unknown();

/** Given rows, in the form of rows to predict. */
const givenRows = z
  .array(z.union([z.array(cell), z.record(z.string(), cell)]))
  .min(1)
  .max(MAX_BACKGROUND_ROWS);

/** The background rows of a request: the number of training rows, or given rows. */
export const backgroundOption = z.union([z.int().min(1).max(MAX_BACKGROUND_ROWS), givenRows]).meta({
  description: `The rows that the answer is compared with: a number of training rows, chosen by \`seed\` (default ${DEFAULT_BACKGROUND_ROWS}), or up to ${MAX_BACKGROUND_ROWS} rows as in \`instances\`.`,
});

const seedOption = z
  .int()
  .min(0)
  .meta({ description: "Chooses background rows and permutations: the same seed, the same answer (default 0)." });

/** `explain` of a predict request. */
export const explainOption = z
  .strictObject({
    method: z.literal("shapley").optional().meta({ description: "`shapley`, the only one there is." }),
    background: backgroundOption.optional(),
    samples: z
      .int()
      .min(MIN_PAIRS)
      .max(MAX_SAMPLES)
      .optional()
      .meta({
        description: `Estimates contributions from this many pairs of permutations for each background row. By default contributions are exact if possible, else ${MIN_PAIRS} to ${MAX_PAIRS} pairs, by the size of the model.`,
      }),
    seed: seedOption.optional(),
  })
  .meta({
    id: "ExplainOptions",
    description: `Explain each prediction by the contributions of its columns. With at most ${MAX_EXACT_COLUMNS} columns whose coalitions take at most ${EXACT_WORK.toExponential(0)} multiply-adds, they are exact; otherwise they are estimated, with standard errors.`,
  });

/** What `explain` asks for, with its defaults. */
export interface ExplainRequest {
  readonly background: BackgroundChoice;
  /** Pairs of permutations for each background row; null for all coalitions, or a number that fits the model. */
  readonly samples: number | null;
  readonly seed: number;
}

/** Training rows by a seed, or rows that came with the request. */
export type BackgroundChoice =
  | { readonly count: number; readonly seed: number }
  | { readonly instances: readonly unknown[]; readonly pointer: string };

/** The background of a request; `pointer` is that of the option in its body. */
export function backgroundOf(
  given: z.output<typeof backgroundOption> | undefined,
  seed: number,
  pointer: string,
): BackgroundChoice {
  return Array.isArray(given) ? { instances: given, pointer } : { count: given ?? DEFAULT_BACKGROUND_ROWS, seed };
}

/** The options that a body's `explain` sets. */
export function explainRequestOf({ background, samples, seed = 0 }: z.output<typeof explainOption>): ExplainRequest {
  return { background: backgroundOf(background, seed, "/explain/background"), samples: samples ?? null, seed };
}

/** Encoded background rows of one model. */
export interface Background {
  readonly rows: number;
  /** [rows, inputWidth] */
  readonly features: Float32Array<ArrayBuffer>;
  /** [columns, 2]: the least and the greatest number (for a datetime, millisecond) of each column; NaN for other columns. */
  readonly ranges: Float64Array<ArrayBuffer>;
}

/** Identifies the background rows: their numbers, ascending, for a data set; the rows themselves for a job with its own rows. */
export type ChosenBackground = { readonly numbers: Int32Array<ArrayBuffer> } | { readonly background: Background };

/** A row's explanation. Numbers of an answer are in the order of `answerNumbers`. */
export interface Explanation {
  /** [numbers]: the mean answer over the background rows. */
  readonly base: Float64Array;
  /** [columns, numbers] */
  readonly contributions: Float64Array;
  /** [columns, numbers]: their standard errors; null if contributions are exact. */
  readonly errors: Float64Array | null;
  /** Number of permutations averaged; null if contributions are exact. */
  readonly permutations: number | null;
}

/** What determines the cost of an explanation. */
export interface Measured extends Pick<Model, "preprocessing" | "inputWidth" | "outputWidth" | "classes"> {
  /** Of predicting a row with the network: `ComputePool.multiplyAdds`. */
  readonly multiplyAdds: number;
}

/** Columns of a model's rows. */
export const columnCount = ({ preprocessing, inputWidth }: Pick<Model, "preprocessing" | "inputWidth">): number =>
  preprocessing?.columns.length ?? inputWidth;

/** Numbers in an answer: a probability for each class, or the outputs of a regression. */
export const numberCount = ({ classes, outputWidth }: Pick<Model, "classes" | "outputWidth">): number =>
  classes.length > 0 ? classes.length : outputWidth;

/** Cost of composing a row and reading its answer, besides the network, in multiply-adds. */
const ROW_WORK = 2000;

/** The cost of one prediction among many, in multiply-adds. */
export const workOfRow = (model: Measured): number => ROW_WORK + model.multiplyAdds + model.inputWidth + numberCount(model) * 8;

/** How rows are explained. Depends on the model, and on nothing in the row. */
export interface ExplainPlan {
  /** Pairs of permutations for each background row; null if all coalitions are computed. */
  readonly pairs: number | null;
  /** Maximum multiply-adds of a row. */
  readonly work: number;
}

/** The plan for rows of a model. */
export function planExplanation(model: Measured, backgroundRows: number, samples: number | null): ExplainPlan {
  const columns = columnCount(model);
  const each = workOfRow(model) + columns * numberCount(model);
  const all = backgroundRows * 2 ** columns * each;
  if (samples === null && columns <= MAX_EXACT_COLUMNS && all <= EXACT_WORK) return { pairs: null, work: all };
  const ofPair = backgroundRows * 2 * columns * each;
  const pairs = samples ?? Math.min(MAX_PAIRS, Math.max(MIN_PAIRS, Math.floor(SAMPLED_WORK / ofPair)));
  return { pairs, work: pairs * ofPair };
}

/** Multiply-adds of one block of a stream: some seconds of a thread. */
export const BLOCK_WORK = 1e10;

/** Rows of a stream that are explained at a time. */
export function explainedAtATime(model: Measured, { background, samples }: ExplainRequest): number {
  const byWork = BLOCK_WORK / planExplanation(model, rowsOf(background), samples).work;
  const byAnswer = MAX_CONTRIBUTIONS / (columnCount(model) * numberCount(model));
  return Math.max(1, Math.floor(Math.min(byWork, byAnswer)));
}

/** Throws too_large, naming the limit, for more rows, contributions or work than one request may take. */
export function assertExplainable(model: Measured, rows: number, { background, samples }: ExplainRequest): void {
  if (rows > MAX_EXPLAINED_ROWS)
    throw over("/instances", `${rows} rows are more than the ${MAX_EXPLAINED_ROWS} that one request can explain: send fewer`);
  const numbers = rows * columnCount(model) * numberCount(model);
  if (numbers > MAX_CONTRIBUTIONS)
    throw over(
      "/instances",
      `${numbers} contributions (rows x columns x numbers of an answer) are more than the limit of ${MAX_CONTRIBUTIONS}: send fewer rows`,
    );
  const backgroundRows = rowsOf(background);
  assertBackground(model, backgroundRows, "/explain/background");
  const { work } = planExplanation(model, backgroundRows, samples);
  assertWork(rows * work, "/explain", "ask for fewer rows, background rows or samples");
}

/** The number of background rows that a choice selects. */
export const rowsOf = (choice: BackgroundChoice): number => ("count" in choice ? choice.count : choice.instances.length);

/** Throws too_large for background rows that are too wide. */
export function assertBackground({ inputWidth }: Pick<Model, "inputWidth">, rows: number, pointer: string): void {
  if (rows * inputWidth > MAX_BACKGROUND_FEATURES)
    throw over(
      pointer,
      `${rows} background rows of ${inputWidth} features are more than the limit of ${MAX_BACKGROUND_FEATURES} numbers: ask for fewer`,
    );
}

/** Throws too_large for more multiply-adds than a request may take. */
export function assertWork(work: number, pointer: string, cure: string): void {
  if (work > MAX_WORK)
    throw over(
      pointer,
      `takes ${work.toExponential(1)} multiply-adds, more than the limit of ${MAX_WORK.toExponential(0)}: ${cure}`,
    );
}

function over(pointer: string, detail: string): TrainyardError {
  return new TrainyardError("too_large", detail, [{ pointer, detail }]);
}

/** The error for a body that is too large to be answered in a thread as a whole. */
export function notExplained(): TrainyardError {
  const detail = "is only for JSON bodies of at most 262144 bytes: send the rows to explain in a separate request";
  return invalid([{ pointer: "/explain", detail }]);
}
