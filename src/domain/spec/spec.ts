/**
 * The job spec: the fields of a request, and their defaults. The schema is the validation. What depends on the data (the task, widths,
 * class labels) is resolved in training/prepare/prepare.ts.
 */
import { z } from "zod";
import { preprocessing } from "../datasets/preprocessing.ts";
import type { FieldError } from "../errors.ts";
import { influenceOptions } from "../explanations/influence.ts";
import { learningCurveOptions } from "../explanations/learning-curve.ts";
import { seedsOptions } from "../explanations/seeds.ts";
import { ID_PREFIXES } from "../id.ts";
import { labelFields } from "../label-fields.ts";
import { jobNameFault } from "../models/registry.ts";
import { autoOptions, type ResolvedAuto, resolvedAuto, searchErrors } from "./auto-options.ts";
import { boundFaults } from "./bound-faults.ts";
import { decisionOptions } from "./decision-options.ts";
import { type Layer, networkLayers } from "./layers.ts";
import { float32, isFloat32, MAX_LAYERS, MAX_SEED } from "./numbers.ts";
import { clipGrad, loss, optimizer, scheduler } from "./optimization.ts";
import { preprocess } from "./preprocess-options.ts";
import { readSpec } from "./read-spec.ts";
import { runOptions } from "./run-options.ts";
import { createExplainUnknown } from "./spellings.ts";
import { position, resolvedSplit, split } from "./split.ts";

export const TASKS = ["regression", "binary_classification", "multiclass_classification"] as const;
export type Task = (typeof TASKS)[number];

/** Metrics that need all rows sorted by score: by epoch they exist for held-out rows only. */
export const RANKED_METRICS = ["roc_auc", "pr_auc"] as const;
export type RankedMetric = (typeof RANKED_METRICS)[number];

/** Metrics made of sums over rows. */
export type SummedMetric = Exclude<Metric, RankedMetric>;

/** Whether a metric needs all rows sorted. */
export const isRanked = (metric: Metric): metric is RankedMetric => (RANKED_METRICS as readonly Metric[]).includes(metric);

const SUMMED_CLASS_METRICS = ["accuracy", "balanced_accuracy", "precision", "recall", "f1", "log_loss", "mcc"] as const;
const CLASS_METRICS = [...SUMMED_CLASS_METRICS, ...RANKED_METRICS] as const;

/** The metrics that a task can show by epoch. */
export const METRICS = {
  regression: ["mae", "rmse", "r2", "mape"],
  binary_classification: CLASS_METRICS,
  multiclass_classification: CLASS_METRICS,
} as const satisfies Record<Task, readonly string[]>;
export type Metric = (typeof METRICS)[Task][number];

/** Those that it shows by default. */
export const DEFAULT_METRICS: Readonly<Record<Task, readonly Metric[]>> = {
  regression: ["mae", "r2"],
  binary_classification: ["accuracy"],
  multiclass_classification: ["accuracy"],
};

const METRIC_NAMES = [...CLASS_METRICS, ...METRICS.regression] as const;
const SUMMED_METRICS = [...SUMMED_CLASS_METRICS, ...METRICS.regression] as const;
/** What early stopping and schedules can watch by epoch: the loss and every metric, of the training or the validation part. */
export const MONITORS = [
  "loss",
  "val_loss",
  ...SUMMED_METRICS.flatMap((metric) => [metric, `val_${metric}`] as const),
  ...RANKED_METRICS.map((metric) => `val_${metric}` as const),
] as const;

const seed = z.int().min(0).max(MAX_SEED);
const samples = z.int().min(2).max(10_000_000);
/** Beyond this, generated rows would exceed float32. */
const MAX_COORDINATE = 1e6;
const coordinate = z.number().min(-MAX_COORDINATE).max(MAX_COORDINATE);
const spread = z.number().min(0).max(MAX_COORDINATE);
const noise = (value: number) => spread.default(value);

export const generator = z
  .discriminatedUnion("type", [
    z
      .strictObject({
        type: z.literal("linear"),
        samples: samples.default(100),
        slope: coordinate.default(3),
        intercept: coordinate.default(2),
        low: coordinate.default(0),
        high: coordinate.default(10),
        noise: noise(2),
        seed: seed.default(0),
      })
      .meta({ description: "x evenly spaced over [low, high], y = slope x + intercept + noise N(0, 1)." }),
    z.strictObject({ type: z.literal("moons"), samples: samples.default(200), noise: noise(0.1), seed: seed.default(0) }),
    z.strictObject({
      type: z.literal("circles"),
      samples: samples.default(200),
      noise: noise(0.05),
      factor: z.number().min(0).lt(1).default(0.5),
      seed: seed.default(0),
    }),
    z.strictObject({
      type: z.literal("blobs"),
      samples: samples.default(300),
      features: z.int().min(1).max(10_000).default(2),
      classes: z.int().min(2).max(1000).default(3),
      cluster_std: spread.default(1),
      seed: seed.default(0),
    }),
    z.strictObject({
      type: z.literal("spirals"),
      samples: samples.default(300),
      classes: z.int().min(2).max(10).default(2),
      noise: noise(0.1),
      turns: z.number().positive().max(100).default(1),
      seed: seed.default(0),
    }),
    z.strictObject({ type: z.literal("xor"), samples: samples.default(200), noise: noise(0.1), seed: seed.default(0) }),
  ])
  .meta({ id: "Generator", description: "Synthetic data; the same seed gives the same rows everywhere." });

export type Generator = z.output<typeof generator>;

/** The target of an inline row. */
const target = z.union([float32, z.string().max(200), z.boolean(), z.array(float32).min(1)]);

/** The features of one. */
const featureRow = z.array(float32).min(1);

const inline = z
  .strictObject({
    features: z.array(featureRow).min(1).meta({ description: "One array of numbers for each row." }),
    targets: z.array(target).min(1).meta({
      description:
        "One for each row: a number (or an array of numbers) for regression; a class, as an integer from 0 or as a name, for classification.",
    }),
  })
  .meta({ id: "InlineData" });

const columnName = z.string().min(1).max(500);

const datasetSource = z
  .strictObject({
    id: z.string().min(1),
    features: z
      .array(columnName)
      .min(1)
      .max(10_000)
      .optional()
      .meta({ description: "By default all columns except the target and text." }),
    exclude: z
      .array(columnName)
      .min(1)
      .max(10_000)
      .optional()
      .meta({ description: "Columns that are not features, if `features` is left out: the job learns from all others." }),
    target: z
      .union([columnName, z.array(columnName).min(1).max(1000)])
      .meta({ description: "One column, or several for a regression." }),
    weights: columnName
      .optional()
      .meta({ description: "A column that says how much each row counts in the loss; scaled to a mean of 1." }),
  })
  .meta({ id: "DatasetSource" });

/** A tensor as in PyTorch's `state_dict`: row-major values. */
const tensorValues = z
  .strictObject({ shape: z.array(z.int().min(1)).max(6), data: z.array(float32) })
  .meta({ id: "TensorValues", description: "Row-major values." });

const stateDict = z
  .record(z.string(), tensorValues)
  .meta({ description: 'Every parameter by PyTorch\'s name and layout for a Sequential: "0.weight" is [out, in].' });

const freeze = z.array(z.int().min(0)).max(MAX_LAYERS).default([]).meta({
  description:
    "Layers whose weights do not change: they are not updated and not counted in clipping, as with requires_grad=False. The running statistics of a batch_norm still change.",
});

const earlyStopping = z.strictObject({
  monitor: z.enum(MONITORS).optional().meta({
    description: "val_loss when there is a validation part, else loss.",
  }),
  patience: z.int().min(1).default(10),
  min_delta: z.number().nonnegative().default(0),
  restore_best: z.boolean().default(true),
});

/** The fields before the network, in answers and among errors; the fields of its training come after it. */
const heading = {
  name: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .superRefine((name, { addIssue }) => {
      const fault = jobNameFault(name);
      if (fault) addIssue({ code: "custom", message: fault });
    })
    .optional()
    .meta({
      description:
        "Shown in lists. The model is named after it: letters, digits, `.`, `_` and `-` stay, anything else becomes a hyphen. It must not have `@`, `:` or `/`.",
    }),
  task: z.enum(TASKS).optional().meta({ description: "By default inferred from the data and the loss." }),
  split: split.nullable().optional().meta({
    description:
      "By default a data set holds out 20 % for validation. Other data holds out nothing, and neither does a search for a model, which uses folds.",
  }),
};

const fields = {
  loss: loss.optional().meta({
    description: "mse for regression; bce after a sigmoid, else bce_with_logits, for two classes; cross_entropy for more.",
  }),
  optimizer: optimizer.prefault({ type: "adam" }),
  scheduler: scheduler.nullable().default(null),
  clip_grad: clipGrad.nullable().default(null),
  epochs: z.int().min(1).max(100_000_000).default(100),
  batch_size: z.int().min(1).nullable().default(null).meta({
    description:
      "null: all rows at once. The last batch of an epoch has the remaining rows; a single remaining row joins the batch before it if a batch_norm needs its variance.",
  }),
  shuffle: z
    .boolean()
    .default(true)
    .meta({ description: "Draw a new order of the rows for each epoch. It has no effect if a batch is all rows." }),
  seed: seed.default(0),
  early_stopping: earlyStopping.nullable().optional().meta({
    description:
      "null: none. By default a job on a data set with a validation part stops after a tenth of its epochs (at least 10) without a better val_loss, and keeps the best weights; a job on other data does not stop early.",
  }),
  decision: decisionOptions.optional(),
  metrics: z.array(z.enum(METRIC_NAMES)).optional().meta({
    description:
      "The metrics of each epoch besides the loss; by default accuracy, or mae and r2. Those for classes are macro averages. `roc_auc` and `pr_auc` are computed for the validation part only (`val_roc_auc`). The model's evaluation has all of them.",
  }),
  ...runOptions,
};

const givenModel = z.strictObject({ layers: networkLayers });

export const jobSpec = z
  .strictObject({
    ...heading,
    ...labelFields,
    model: z
      .union([givenModel, z.strictObject({ auto: autoOptions })])
      .prefault({ auto: {} })
      .meta({ description: "A network, or how to search for one. By default a search with its defaults." }),
    ...fields,
    data: z.union([z.strictObject({ generator }), z.strictObject({ inline }), z.strictObject({ dataset: datasetSource })]),
    preprocess: z
      .union([preprocess, z.literal("from_model")])
      .nullable()
      .optional()
      .meta({
        description:
          "For data sets; null or left out for other data, which is used as it is. `from_model`: as it was fitted for the model of init_from, with its columns, categories and classes.",
      }),
    init_from: z
      .union([
        z.strictObject({ state_dict: stateDict, freeze }),
        z.strictObject({
          model: z.string().min(1).max(400).meta({
            description: "A stored model: its id, `name`, `name@version` or `name@alias`. The network must have its tensors.",
          }),
          freeze,
        }),
        z.strictObject({
          checkpoint: z
            .string()
            .startsWith(ID_PREFIXES.checkpoint)
            .max(100)
            .meta({ description: "A checkpoint of any job: its id. The network must have its tensors." }),
          freeze,
        }),
      ])
      .nullable()
      .default(null)
      .meta({
        description:
          "The initial weights, instead of random ones. Preprocessing is fitted anew, and must give the same columns, categories and classes as the model's; `preprocess: from_model` keeps the model's.",
      }),
  })
  .meta({
    id: "JobSpec",
    description:
      'What to train, on what, and how. Everything but data has a default. A type may be written in place of its object: `"loss": "mse"` is `{"type": "mse"}`, and `"relu"` is a layer.',
    examples: [
      {
        name: "moons-mlp",
        data: { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } },
        model: {
          layers: [
            { type: "linear", units: 4, init: { weight: "kaiming_normal" } },
            { type: "relu" },
            { type: "linear" },
            { type: "sigmoid" },
          ],
        },
        optimizer: { type: "adam", lr: 0.05 },
        epochs: 1000,
        seed: 42,
      },
    ],
  });

boundFaults(
  jobSpec,
  new Map<z.ZodType, (value: unknown) => boolean>([
    [float32, isFloat32],
    [featureRow, (value) => Array.isArray(value) && value.length > 0 && value.every(isFloat32)],
    [target, isFloat32],
    [position, (value) => Number.isSafeInteger(value) && (value as number) >= 0],
  ]),
);

export type JobSpec = z.output<typeof jobSpec>;

/** Replaces inline rows. */
const inlineSummary = z.strictObject({
  rows: z.int(),
  features: z.int(),
  targets: z.int(),
  sha256: z.string().meta({ description: "SHA-256 of the rows as float32, features before targets." }),
});

/** The spec with nothing left open. Long parts (inline rows, weights, many rows of a split) are summarised; the job stores them apart. */
export const resolvedSpec = z
  .strictObject({
    ...heading,
    model: z.union([givenModel, z.strictObject({ auto: resolvedAuto })]),
    ...fields,
    name: z.string(),
    task: z.enum(TASKS),
    data: z.union([
      z.strictObject({ generator }),
      z.strictObject({ inline: inlineSummary }),
      z.strictObject({
        dataset: z.strictObject({
          id: z.string(),
          sha256: z.string(),
          features: z.array(z.string()),
          target: z.array(z.string()),
          weights: z.string().nullable(),
        }),
      }),
    ]),
    split: resolvedSplit.nullable(),
    early_stopping: earlyStopping.nullable(),
    preprocess: z
      .union([preprocess, z.strictObject({ fitted: preprocessing }).meta({ description: "As in the model of init_from." })])
      .nullable(),
    loss,
    metrics: z.array(z.enum(METRIC_NAMES)),
    init_from: z
      .union([
        z.strictObject({
          state_dict: z.record(z.string(), z.strictObject({ shape: z.array(z.int()) })),
          sha256: z.string().meta({ description: "SHA-256 of the weights as float32, in this order." }),
          freeze,
        }),
        z.strictObject({ model: z.string(), sha256: z.string(), freeze }),
        z.strictObject({ checkpoint: z.string(), sha256: z.string(), freeze }),
      ])
      .nullable(),
    influence: influenceOptions.optional(),
    learning_curve: learningCurveOptions.optional(),
    seeds: seedsOptions.optional(),
  })
  .meta({
    id: "ResolvedJobSpec",
    description:
      "The job spec with every default and inference filled in. Inline rows, weights and long lists of held-out rows are summarised.",
  });

export type ResolvedSpec = z.output<typeof resolvedSpec>;

/** A resolved spec whose network is given. */
export type NetworkSpec = ResolvedSpec & { readonly model: z.output<typeof givenModel> };

/** A resolved spec whose network is searched for. */
export type SearchSpec = ResolvedSpec & { readonly model: { readonly auto: ResolvedAuto } };

/** Whether a resolved spec leaves its network to a search. */
export function isSearch(spec: ResolvedSpec): spec is SearchSpec {
  return "auto" in spec.model;
}

/** The layers that a spec gives; none where they are searched for. */
export function givenLayers({ model }: Pick<JobSpec, "model"> | Pick<ResolvedSpec, "model">): readonly Layer[] {
  return "layers" in model ? model.layers : [];
}

const explainUnknown = createExplainUnknown(jobSpec, ["data", "model", "optimizer", "loss", "split", "early_stopping"]);

/** Reads a job spec from JSON: expands short forms and fills in defaults. Returns the spec, or every fault of it. */
export function parseJobSpec(json: unknown): { readonly spec: JobSpec } | { readonly errors: FieldError[] } {
  const read = readSpec(json, jobSpec, explainUnknown);
  const misplaced = searchErrors(json);
  if (misplaced.length === 0) return read;
  return { errors: [...("errors" in read ? read.errors : []), ...misplaced] };
}
