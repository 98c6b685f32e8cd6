/** Monitoring in requests: its options, ids of predictions, and true labels. */
import { z } from "zod";
import { sampleOption } from "./asked-rows.ts";

/** Maximum labels of a request. */
const MAX_LABELLED = 1000;
/** Maximum rows of a prediction whose answers are stored, for one document. */
export const MAX_KEPT_ROWS = 1000;
/** And for a stream of rows, whose answers are stored block by block. */
export const MAX_KEPT_STREAM_ROWS = 10_000;
/** The header with the id of a prediction, for protocols without a field for it. */
export const PREDICTION_ID_HEADER = "trainyard-prediction-id";

/** The id of a prediction, chosen by the caller. */
export const predictionId = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, { error: "must be 1 to 64 letters, digits or . _ : -" })
  .meta({ examples: ["order-4711"] });

export const monitorBody = z
  .strictObject({
    enabled: z.boolean().optional().meta({ description: "Whether rows are counted." }),
    webhook: z
      .strictObject({ url: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).max(2000) })
      .nullable()
      .optional()
      .meta({
        description:
          "Receives `model.drifted` and `model.recovered`, and for labels `model.score_fell` and `model.score_recovered`; null: nothing is sent.",
      }),
    sample: sampleOption
      .nullable()
      .optional()
      .meta({ description: "null: no rows are kept, and those that were are deleted." }),
    score_drop: z.number().min(0).max(1).nullable().optional().meta({
      description:
        "How far the accuracy of the newest 500 labelled answers may be below the interval of the evaluation (or by which share their MAE may be above it) before the webhook is notified; 0.05 by default; null: it is not notified.",
    }),
  })
  .meta({
    id: "MonitoringOptions",
    examples: [
      { webhook: { url: "https://example.com/drift" } },
      { enabled: false },
      { sample: { rows: 200 } },
      { score_drop: 0.02 },
    ],
  });

export const feedbackBody = z
  .strictObject({
    labels: z
      .array(
        z.strictObject({
          prediction_id: predictionId,
          row: z.int().min(0).default(0).meta({ description: "The row, if the prediction had several, counted from 0." }),
          label: z.union([z.string(), z.number(), z.boolean()]).meta({
            description: "The true answer: a class of the model, or a value.",
          }),
        }),
      )
      .min(1)
      .max(MAX_LABELLED),
  })
  .meta({ id: "Feedback", examples: [{ labels: [{ prediction_id: "order-4711", row: 0, label: "Adelie" }] }] });

export type FeedbackLabel = z.output<typeof feedbackBody>["labels"][number];
