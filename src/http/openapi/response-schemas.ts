/** The answers of the API as schemas: the OpenAPI document shows them, and tests check answers against them. */

import { z } from "zod";
import { JOB_ERROR_CODES, JOB_STATES } from "../../domain/jobs/job.ts";
import { shownRows } from "../../domain/jobs/job-rows.ts";
import { SERIES } from "../../domain/metrics/metric.ts";
import { CONFORMAL_PARTS } from "../../domain/models/conformal.ts";
import { evaluation } from "../../domain/models/evaluation.ts";
import { modelInput } from "../../domain/models/model-inputs.ts";
import { score } from "../../domain/models/score.ts";
import { searchResult } from "../../domain/models/search.ts";
import { note } from "../../domain/notes.ts";
import { layer } from "../../domain/spec/layers.ts";
import { resolvedSpec, TASKS } from "../../domain/spec/spec.ts";
import { divergence } from "./divergence-schema.ts";
import {
  frameExamples,
  jobExample,
  metricsExample,
  modelExample,
  predictionsExample,
  rowsExample,
  validationExample,
} from "./examples.ts";
import { explanation } from "./explanation-schemas.ts";
import { wireNumber } from "./wire-number.ts";

const time = z.iso.datetime();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const values = z.partialRecord(z.enum(SERIES), wireNumber);

const numberedEpoch = z.partialRecord(z.enum([...SERIES, "epoch"]), wireNumber);

const metricValues = z
  .object({
    final: values.meta({ description: "Values of the last epoch; while the job trains, of the newest one stored." }),
    best: numberedEpoch.meta({
      description:
        "Values and number of the epoch whose weights the model has: the one that early stopping restored, else the last. Until there is a model, of the lowest epoch so far.",
    }),
    lowest: numberedEpoch.optional().meta({
      description:
        "Values and number of the epoch of the least validation loss, else loss, whatever weights the model has. Left out until there is a model.",
    }),
  })
  .meta({ id: "JobMetrics" });

const columns = {
  epochs: z.array(z.int()).meta({ description: "Their numbers, counted from 1." }),
  series: z.partialRecord(z.enum(SERIES), z.array(wireNumber)).meta({ description: "One value an epoch in every column." }),
};

const jobError = z
  .object({
    code: z.enum(JOB_ERROR_CODES),
    detail: z.string(),
    epoch: z.int().nullable(),
    divergence: divergence.optional(),
  })
  .meta({ id: "JobError" });

/** The labels of a job or a sweep. */
export const labelAnswer = {
  tags: z.record(z.string(), z.string()).meta({ description: "Tags, by which it can be found." }),
  note: z.string().nullable().meta({ description: "Text for people." }),
};

export const jobAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(JOB_STATES),
    progress: z.number().min(0).max(1).meta({ description: "Share of the epochs that are done." }),
    eta_s: z.number().nullable().meta({ description: "Seconds that the rest will take at the pace so far." }),
    attempt: z.int().meta({ description: "Counts from 1; 0 before it runs." }),
    queue: z
      .object({ position: z.int(), jobs_ahead: z.int() })
      .nullable()
      .meta({ description: "Its place while it is queued; position 1 is next. Null in lists." }),
    spec: resolvedSpec,
    parameters: z.int().meta({ description: "Trainable numbers in the network." }),
    memory_bytes: z.int().meta({ description: "Memory that training needs." }),
    epochs_done: z.int(),
    created_at: time,
    started_at: time.nullable(),
    finished_at: time.nullable(),
    reproduces: z
      .object({ model: z.string(), sha256, result_sha256: sha256.nullable() })
      .nullable()
      .meta({ description: "The model that this job trains again, and the hash of the resulting weights." }),
    agrees: z
      .boolean()
      .nullable()
      .meta({ description: "Whether the weights agree with those of `reproduces`, bit for bit; null until that is known." }),
    transitions: z.array(z.object({ state: z.enum(JOB_STATES), at: time, reason: z.string() })),
    error: jobError.nullable().meta({ description: "Why it failed." }),
    metrics: metricValues.nullable(),
    score: score
      .nullable()
      .meta({ description: "The score of its model; null until it has succeeded, and for a job of an older server." }),
    model: z
      .object({ id: z.string(), name: z.string(), version: z.int(), sha256 })
      .nullable()
      .meta({ description: "Its results." }),
    ...labelAnswer,
    notes: z.array(note).optional().meta({
      description:
        "What was guessed, left out or looked wrong in its data when it was submitted. Left out in lists and streams.",
    }),
  })
  .meta({ id: "Job", description: "A training job.", examples: [jobExample] });

const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    data: z.array(item),
    has_more: z.boolean(),
    next_after: z.string().nullable().meta({ description: "Pass it as `after` for the next page." }),
  });

/** The answer to a submission. */
export const submittedAnswer = jobAnswer
  .extend({ notes: z.array(note).meta({ description: "What was guessed, left out or looks wrong in the data." }) })
  .meta({ id: "SubmittedJob", description: "A job that was just queued.", examples: [{ ...jobExample, notes: [] }] });

export const jobsAnswer = pageOf(jobAnswer).meta({ id: "JobPage", description: "Jobs, newest first." });

/** The answer to a dry run. @internal */
export const validationAnswer = z
  .object({
    valid: z.literal(true),
    spec: resolvedSpec,
    parameters: z.int(),
    memory_bytes: z.int(),
    rows: z.int().meta({ description: "Rows of the data that have a target, before any split." }),
    notes: z.array(note),
  })
  .meta({ id: "Validation", description: "A resolved spec.", examples: [validationExample] });

/** The success of a submission, for all its statuses, so that generated clients have one type. */
export const submissionAnswer = z.union([submittedAnswer, validationAnswer]).meta({
  id: "Submission",
  description: "The job, or with `validate_only=true` its resolved spec, which `valid` tells from a job.",
  examples: [{ ...jobExample, notes: [] }, validationExample],
});

export const rowsAnswer = z
  .object({ job: z.string(), ...shownRows.shape })
  .meta({ id: "JobRows", description: "Some rows of a job's data, as columns.", examples: [rowsExample] });

const range = {
  from: z.int(),
  to: z.int(),
  total: z.int().meta({ description: "Epochs stored between `from` and `to`." }),
  returned: z.int().meta({ description: "Epochs in this answer." }),
};

export const metricsAnswer = z
  .object({
    job: z.string(),
    ...range,
    ...columns,
  })
  .meta({ id: "Metrics", description: "Metrics by epoch, as columns.", examples: [metricsExample] });

const frame = { seq: z.int(), job: z.string() };

const stateFrame = z
  .object({ type: z.literal("state"), ...frame, state: z.enum(JOB_STATES), at: time, reason: z.string() })
  .meta({ id: "StateFrame", description: "The job has come into another state." });
const metricsFrame = z
  .object({ type: z.literal("metrics"), ...frame, ...range, ...columns })
  .meta({ id: "MetricsFrame", description: "Consecutive epochs, each in exactly one frame." });
const endFrame = z
  .object({
    type: z.literal("end"),
    ...frame,
    state: z.enum(JOB_STATES),
    reason: z.string(),
    model: z.string().nullable().meta({ description: "Id of the model, if there is one." }),
    error: jobError.nullable(),
  })
  .meta({
    id: "EndFrame",
    description: "Nothing follows: the job is in a terminal state, or the server is going down and `after` resumes.",
  });

/** What a stream sends. */
export const streamFrame = z
  .discriminatedUnion("type", [stateFrame, metricsFrame, endFrame])
  .meta({ id: "Frame", description: "One message of a stream.", examples: frameExamples });

export const eventsAnswer = z
  .object({
    data: z.array(z.discriminatedUnion("type", [stateFrame, metricsFrame])),
    has_more: z.boolean(),
    next_after: z.int().meta({ description: "Pass it as `after` for the next page." }),
  })
  .meta({ id: "EventPage", description: "A job's events in the order of their sequence numbers, which have no gaps." });

const receipt = z
  .object({
    data: z
      .object({ source: z.enum(["generator", "inline", "dataset"]), sha256 })
      .nullable()
      .meta({
        description:
          "The rows: of an uploaded file its hash, of inline rows that of their float32 values (features before targets), of a generator that of its spec in canonical JSON.",
      }),
    spec_sha256: sha256
      .nullable()
      .meta({ description: "SHA-256 of the job's `spec` without `threads`, in canonical JSON (RFC 8785)." }),
    engine_version: z
      .string()
      .nullable()
      .meta({ description: "Version of the engine; another version may train other bits from the same spec." }),
    weights_sha256: sha256,
  })
  .meta({
    id: "Receipt",
    description:
      "What the model was made of, by SHA-256: the same data, spec and engine give the same weights. What was not trained here has weights only.",
  });

export const modelAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    version: z.int().meta({ description: "Counts from 1 within the name; a number is given once." }),
    aliases: z.array(z.string()).meta({ description: "The aliases that point at this version." }),
    tags: z.record(z.string(), z.string()),
    job: z.string().nullable().meta({ description: "The job that trained it; null when it was imported." }),
    task: z.enum(TASKS),
    input_width: z.int().meta({ description: "Numbers that the network takes for a row." }),
    inputs: z
      .array(modelInput)
      .nullable()
      .meta({ description: "The columns of a row, in the order of rows that are arrays; null in lists." }),
    targets: z.array(z.string()).meta({ description: "Columns that it predicts; empty where they have no names." }),
    output_width: z.int(),
    classes: z.array(z.string()).meta({ description: "Labels in the order of the outputs; empty for regression." }),
    threshold: z.number().nullable().meta({
      description:
        "For two classes: the probability of the second class above which a row is predicted as that class. Null for others.",
    }),
    quantiles: z.array(z.number()).nullable().meta({
      description: "For a regression of quantiles: the quantile of each output. Null for others.",
    }),
    conformal: z
      .object({ part: z.enum(CONFORMAL_PARTS), rows: z.int() })
      .nullable()
      .meta({ description: "The held-out rows that `interval` at predict is taken from; null where there are none." }),
    layers: z.array(layer),
    parameters: z.int(),
    weights: z.array(z.object({ name: z.string(), shape: z.array(z.int()) })),
    sha256: sha256.meta({ description: "SHA-256 of the weights: float32 little-endian, in the order of `weights`." }),
    receipt,
    metrics: metricValues,
    score: score.nullable().meta({
      description: "Null for a model that was not trained here, for one of an older server, and for a checkpoint.",
    }),
    search: searchResult.nullable().meta({ description: "Null for a model whose network was given." }),
    evaluation: evaluation.nullable().meta({ description: "Null in lists, and for a model that was not trained here." }),
    created_at: time,
  })
  .meta({ id: "Model", description: "A trained model.", examples: [modelExample] });

export const modelsAnswer = pageOf(modelAnswer).meta({ id: "ModelPage", description: "Models, newest first." });

const pair = z.tuple([wireNumber, wireNumber]);
const regression = z
  .object({
    value: z.union([wireNumber, z.array(wireNumber)]).meta({ description: "An array where there are several targets." }),
    quantiles: z
      .record(z.string(), wireNumber)
      .optional()
      .meta({ description: "For a model of quantiles: the value of each, ascending; `value` is the one nearest to 0.5." }),
    interval: z
      .union([pair, z.array(pair)])
      .optional()
      .meta({ description: "With `interval`: from and to; a list of such pairs if there are several outputs." }),
    explanation: explanation.optional(),
  })
  .meta({ id: "RegressionPrediction" });
const label = z.union([z.string(), z.number()]);
const classification = z
  .object({
    label: label.meta({ description: "The predicted class: a number where the target is a column of numbers." }),
    probability: z.number(),
    set: z
      .array(label)
      .optional()
      .meta({ description: "With `interval`: the classes that the row may belong to, in the model's order." }),
    probabilities: z.record(z.string(), z.number()),
    top: z
      .array(z.object({ label, probability: z.number() }))
      .optional()
      .meta({ description: "With `top_k`: the most probable classes, most probable first; `probabilities` has only these." }),
    explanation: explanation.optional(),
  })
  .meta({ id: "ClassPrediction" });

export const predictionsAnswer = z
  .object({
    predictions: z.array(z.union([regression, classification])),
    notes: z.array(note).optional().meta({ description: "What is odd about the rows; left out if nothing is." }),
  })
  .meta({ id: "Predictions", description: "One prediction a row, in their order.", examples: [predictionsExample] });
