/**
 * Whether more data would help: a model's network is trained again on growing parts of its training rows, several times each, and scored on
 * the same held-out rows. The options of a request, its limits, and the answer.
 */
import { z } from "zod";
import type { FieldError } from "../errors.ts";

/** The forecast is for this many times the available rows. */
export const FORECAST_FACTOR = 2;
/** The probability with which a forecast is meant to hold the mean score of that many rows. */
export const FORECAST_LEVEL = 0.8;
/** Minimum rows of a part. A forecast needs a quarter of the training rows to be at least this many. */
export const MIN_CURVE_ROWS = 10;
export const MIN_TRAINING_ROWS = 4 * MIN_CURVE_ROWS;
/** Maximum multiply-adds of all trainings together: tens of minutes of a core. */
export const MAX_CURVE_WORK = 1e12;

/** Number of parts: each number of rows is the next one divided by the root of 2. */
const SIZES = { min: 5, max: 13, default: 7 };
/** Minimum repeats for a forecast: fewer gave bands that were too narrow. */
export const MIN_REPEATS = 8;
const REPEATS = { min: MIN_REPEATS, max: 30, default: 8 };

const sizes = z.int().min(SIZES.min).max(SIZES.max).meta({
  description:
    "How many different numbers of rows to train on, up to all training rows; each is the next larger one divided by the square root of 2. Fewer if there would be less than 10 rows.",
});
const repeats = z.int().min(REPEATS.min).max(REPEATS.max).meta({
  description: "Trainings on each number of rows, each with its own rows and initial weights.",
});

/** The options of a request. */
export const learningCurveBody = z
  .strictObject({
    sizes: sizes.default(SIZES.default),
    repeats: repeats.default(REPEATS.default),
    name: z.string().min(1).max(200).optional().meta({ description: "Name of the job and its model." }),
  })
  .meta({ id: "LearningCurveRequest", examples: [{}, { sizes: 9, repeats: 12 }] });

export type LearningCurveRequest = z.output<typeof learningCurveBody>;

/** The number of trainings of a curve; or what is wrong with the request. */
export type AdmittedCurve =
  | { readonly ok: true; readonly trainings: number }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** The part of such a job's spec. */
export const learningCurveOptions = z
  .strictObject({
    model: z.string().meta({ description: "The model whose training is repeated." }),
    sha256: z.string().meta({ description: "SHA-256 of its weights." }),
    epochs: z.int().min(1).meta({ description: "Epochs of each training; those of the job count the trainings." }),
    sizes,
    repeats,
  })
  .meta({
    id: "LearningCurveOptions",
    description: "For a job that asks whether more data would help: each of its epochs is a training, the first on all rows.",
  });

export type LearningCurveOptions = z.output<typeof learningCurveOptions>;

/** The figures of a curve; the first of a task is its main one. */
export const CURVE_FIGURES = {
  classes: ["accuracy", "roc_auc", "log_loss"],
  values: ["r2", "rmse", "mae"],
} as const;
const CURVE_FIGURE_NAMES = [...CURVE_FIGURES.classes, ...CURVE_FIGURES.values] as const;
export type CurveFigureName = (typeof CURVE_FIGURE_NAMES)[number];

/** Whether a lower figure is better. */
export const isLoss = (name: CurveFigureName): boolean => name === "log_loss" || name === "rmse" || name === "mae";

const figure = z.number().nullable();
const range = z.tuple([z.number(), z.number()]);

const curvePoint = z
  .strictObject({
    rows: z.int().min(1).meta({ description: "Rows that were trained on." }),
    mean: figure.meta({ description: "The mean of the trainings on this number of rows; null if fewer than 3 have a score." }),
    band: range.nullable().meta({ description: "The 10th and the 90th percentile of these trainings." }),
    training: figure.meta({ description: "The mean of the same figure on the rows that were trained on." }),
  })
  .meta({ id: "CurvePoint" });

const forecast = z
  .strictObject({
    rows: z.int().min(2).meta({ description: "Twice the training rows." }),
    level: z
      .number()
      .meta({ description: "How often such a band holds: 0.8, as measured on tables of which half was hidden." }),
    gain: range.meta({
      description:
        "The change of the mean score, relative to the mean of the trainings on all rows: from and to. Below 0, it would fall.",
    }),
    figure: range.meta({ description: "The range of the mean score: from and to." }),
    verdict: z.enum(["helps", "may_help", "flat"]).meta({
      description:
        "`helps`: the whole band is better than the current mean. `may_help`: the band reaches from worse to clearly better. `flat`: the band reaches little above the current mean: less than a point of accuracy, area or R², or less than 1 % of a loss.",
    }),
  })
  .meta({
    id: "Forecast",
    description:
      "A band, not a single number: what twice the rows would bring, estimated from the gains of doublings within the rows, on the same held-out rows.",
  });

const curveFigure = z
  .strictObject({
    name: z.enum(CURVE_FIGURE_NAMES),
    points: z.array(curvePoint),
    forecast: forecast.nullable().meta({ description: "null where too few trainings came to a figure." }),
  })
  .meta({ id: "CurveFigure" });

export const learningCurve = z
  .strictObject({
    model: z.string().meta({ description: "The model whose training was repeated." }),
    agrees: z.boolean().meta({
      description:
        "Whether training on all rows gave the weights of that model, bit for bit: false if another version of the engine trained it.",
    }),
    part: z.enum(["validation", "test"]).meta({ description: "The held-out rows that scored every training." }),
    scored_rows: z.int().min(1),
    training_rows: z.int().min(1),
    repeats,
    failed: z.int().min(0).meta({ description: "Trainings that diverged, and have no figures." }),
    figures: z.array(curveFigure).meta({ description: "The main one first: accuracy, or R²." }),
  })
  .meta({
    id: "LearningCurve",
    description:
      "The same spec on growing parts of the training rows, chosen by its seed: each repeat draws an order of the rows and trains on the first of them (on whole groups, if the split is by groups). Columns are fitted on these rows only.",
  });

export type LearningCurve = z.output<typeof learningCurve>;
export type CurveFigure = z.output<typeof curveFigure>;
export type CurvePoint = z.output<typeof curvePoint>;
export type Forecast = z.output<typeof forecast>;
