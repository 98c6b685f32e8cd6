/**
 * The training rows behind a prediction: for each row, how the prediction changes if the network is trained again, with the same seed,
 * while that row has weight 0 in the loss. The options of a request, its limits, and the answer.
 */
import { z } from "zod";
import type { FieldError } from "../errors.ts";

/** Maximum rows to predict in one job. */
const MAX_INSTANCES = 10;
/** Maximum rows left out, each in a training of its own. */
export const MAX_RETRAININGS = 5000;
/** Maximum changes of predictions (rows left out x rows to predict) in an answer. */
export const MAX_CHANGES = 10_000;
/** Maximum multiply-adds of all trainings together: tens of minutes of a core. */
export const MAX_INFLUENCE_WORK = 1e12;
/** Length of each list of the rows with the greatest changes. */
const LISTED_ROWS = 10;

const cell = z.unknown();
const instance = z.union([z.array(cell), z.record(z.string(), cell)]);
const actualValue = z.union([z.number(), z.string(), z.boolean(), z.array(z.number())]);
const rowNumber = z.int().min(0);

const sample = z.strictObject({
  sample: z.int().min(1).max(MAX_RETRAININGS).meta({ description: "How many of the training rows, chosen by the seed." }),
  seed: z.int().min(0).default(0),
});

/** Which of the training rows are left out, one at a time. */
const rowChoice = z.union([sample, z.array(rowNumber).min(1).max(MAX_RETRAININGS)]);

const asked = {
  instances: z
    .array(instance)
    .min(1)
    .max(MAX_INSTANCES)
    .meta({ description: "Rows to predict, as a predict request has them." }),
  actual: z.array(actualValue).min(1).max(MAX_INSTANCES).optional().meta({
    description: "The true value of each of these rows; with it, the answer also has the rows that help and harm its loss.",
  }),
  output: z.union([z.string(), z.number()]).optional().meta({
    description:
      "The class whose probability to follow, or one of several target columns. By default the actual class, else the predicted one; the first target.",
  }),
};

/** The options of a request. */
export const influenceBody = z
  .strictObject({
    ...asked,
    rows: rowChoice.optional().meta({
      description: `Which training rows are left out, one at a time: their numbers in the data, counted from 0, or a number of them chosen by a seed. By default all of them, if they are at most ${MAX_RETRAININGS}.`,
    }),
    name: z.string().min(1).max(200).optional().meta({ description: "Name of the job and its model." }),
  })
  .meta({
    id: "InfluenceRequest",
    examples: [
      {
        instances: [{ body_mass_g: 4050, island: "Torgersen" }],
        actual: ["MALE"],
        rows: { sample: 200, seed: 0 },
      },
    ],
  });

export type InfluenceRequest = z.output<typeof influenceBody>;
/** The number of rows left out, each in a training of its own; or what is wrong with the request. */
export type AdmittedInfluence =
  | { readonly ok: true; readonly retrainings: number; readonly trainingRows: number }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

export type RowChoice = z.output<typeof rowChoice>;

/** The part of such a job's spec. */
export const influenceOptions = z
  .strictObject({
    model: z.string().meta({ description: "The model that was asked." }),
    sha256: z.string().meta({ description: "SHA-256 of its weights." }),
    epochs: z.int().min(1).meta({ description: "Epochs of each training; those of the job count the trainings." }),
    ...asked,
    rows: rowChoice.nullable(),
  })
  .meta({
    id: "InfluenceOptions",
    description:
      "For a job that asks which rows made a prediction: its first epoch trains on all rows, and each later one with one row at weight 0.",
  });

export type InfluenceOptions = z.output<typeof influenceOptions>;

const change = z.number().nullable();
const ofRow = z
  .strictObject({
    row: rowNumber.meta({ description: "Its number in the job's data, counted from 0." }),
    change: change.meta({ description: "The change of the prediction when the row has weight 0." }),
    loss_change: change.optional().meta({ description: "The change of the loss of the prediction when the row has weight 0." }),
  })
  .meta({ id: "RowInfluence" });

const influencedPrediction = z
  .strictObject({
    output: z
      .string()
      .nullable()
      .meta({ description: "The class or the target column that is followed; null for rows without names." }),
    type: z.enum(["probability", "value"]),
    prediction: z.number().meta({ description: "Trained on all rows: a probability, or a value in the target's units." }),
    actual: actualValue.optional(),
    loss: z
      .strictObject({ type: z.enum(["log_loss", "squared_error"]), value: z.number() })
      .optional()
      .meta({ description: "The loss of the prediction, if its actual value was given; for several targets, the mean." }),
    changes: z.array(change).meta({
      description:
        "For each of `rows`: the prediction when that row has weight 0, minus `prediction`; seven digits. null if the network diverges without it.",
    }),
    loss_changes: z.array(change).optional().meta({ description: "The same of the loss." }),
    raising: z.array(ofRow).meta({ description: `The rows that raise the prediction the most, at most ${LISTED_ROWS}.` }),
    lowering: z.array(ofRow).meta({ description: "The rows that lower it the most." }),
    helpers: z.array(ofRow).optional().meta({ description: "The rows without which the loss rises the most." }),
    harmers: z.array(ofRow).optional().meta({ description: "The rows without which the loss falls the most." }),
  })
  .meta({ id: "InfluencedPrediction" });

export const influence = z
  .strictObject({
    model: z.string().meta({ description: "The model that was asked." }),
    agrees: z.boolean().meta({
      description:
        "Whether training on all rows gave the weights of that model, bit for bit: false if another version of the engine trained it.",
    }),
    training_rows: z.int().min(1),
    rows: z
      .array(rowNumber)
      .meta({ description: "The rows that were left out, one at a time, by their numbers in the job's data." }),
    predictions: z.array(influencedPrediction).meta({ description: "One for each instance." }),
  })
  .meta({
    id: "Influence",
    description:
      "Leave-one-out by retraining: each row's weight in the loss is 0 in one training with the same seed, which has the bits of a job with such a column of weights. The row stays in the preprocessing, in its batch, and in the statistics of a batch_norm.",
  });

export type Influence = z.output<typeof influence>;
export type InfluencedPrediction = z.output<typeof influencedPrediction>;
export type RowInfluence = z.output<typeof ofRow>;

/** The changes for one instance, for each row left out. */
export interface Changes {
  readonly prediction: ArrayLike<number>;
  /** Null if the actual value is not known. */
  readonly loss: ArrayLike<number> | null;
}

/** The part of an answer that lists changes: all of them, and the rows with the greatest ones. Rows without any effect are in no list. */
export function listedChanges(
  rows: readonly number[],
  { prediction, loss }: Changes,
): Pick<InfluencedPrediction, "changes" | "loss_changes" | "raising" | "lowering" | "helpers" | "harmers"> {
  const changes = rows.map((_, place) => rounded(prediction[place] as number));
  const losses = loss && rows.map((_, place) => rounded(loss[place] as number));
  const found = rows.map((row, place): RowInfluence => {
    return { row, change: changes[place] ?? null, ...(losses && { loss_change: losses[place] ?? null }) };
  });
  const most = (effectOf: (row: RowInfluence) => number | null | undefined, sign: 1 | -1) =>
    found
      .flatMap((row) => {
        const value = sign * (effectOf(row) ?? 0);
        return value > 0 ? [{ row, value }] : [];
      })
      .sort((a, b) => b.value - a.value || a.row.row - b.row.row)
      .slice(0, LISTED_ROWS)
      .map(({ row }) => row);
  const ofPrediction = (row: RowInfluence) => row.change;
  const ofLoss = (row: RowInfluence) => row.loss_change;
  return {
    changes,
    raising: most(ofPrediction, -1),
    lowering: most(ofPrediction, 1),
    ...(losses && { loss_changes: losses, helpers: most(ofLoss, 1), harmers: most(ofLoss, -1) }),
  };
}

const DIGITS = 7;
const rounded = (value: number): number | null => (Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : null);
