/** Predictions as the API shows them, and batches of them: the formats, and what a stretch of a batch is. */
import { z } from "zod";
import type { ErrorCode, FieldError } from "../errors.ts";
import { toWire, type WireNumber } from "../metrics/metric.ts";
import type { BatchFormat } from "./batch-trailer.ts";
import type { ClassPrediction, Prediction } from "./model.ts";

/** A class and how likely it is. */
export interface Choice {
  readonly label: string;
  readonly probability: number;
}

export type WirePrediction =
  | { readonly value: WireNumber | WireNumber[] }
  | (ClassPrediction & { readonly top?: readonly Choice[] });

/** The `count` most probable classes, most probable first; of equal ones the first of the model's order. */
export function topChoices({ probabilities }: ClassPrediction, count: number): Choice[] {
  const choices = Object.entries(probabilities).map(([label, probability]) => ({ label, probability }));
  return choices.sort((a, b) => b.probability - a.probability).slice(0, count);
}

/**
 * A prediction as the API shows it. With `topK`, `top` has that many classes and `probabilities` no others. Only a regression
 * can overflow: probabilities lie in 0..1.
 */
export function wirePrediction(prediction: Prediction, topK: number | null = null): WirePrediction {
  if ("value" in prediction) {
    const { value } = prediction;
    return { value: typeof value === "number" ? toWire(value) : value.map(toWire) };
  }
  if (topK === null) return prediction;
  const top = topChoices(prediction, topK);
  return { ...prediction, probabilities: Object.fromEntries(top.map(({ label, probability }) => [label, probability])), top };
}

/** Bytes of one row of a batch at most: what is held to find its end. */
export const MAX_BATCH_ROW_BYTES = 1024 * 1024;

export interface BatchOptions {
  readonly format: BatchFormat;
  /** Of CSV: whether the first row has names. auto: it has, when a cell of it is a column of the model, or is no number. */
  readonly header: "true" | "false" | "auto";
  /** Show this many classes; null: all of them. */
  readonly topK: number | null;
}

/** How the rows of a CSV are to be read, once its first row was seen. */
export interface CsvReading {
  /** The byte of the delimiter. */
  readonly delimiter: number;
  /** Cells of every row. */
  readonly width: number;
  /** The cell of each of the model's columns, in their order. */
  readonly places: readonly number[];
}

/** Whole lines of a batch, in their order. */
export interface BatchBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of its first line, from 1. */
  readonly firstLine: number;
  /** What the blocks before it came to; null for the first one. */
  readonly reading: CsvReading | null;
}

/** What a block comes to: the lines that answer it, or why they cannot be, with the line. */
export type BatchReply =
  | { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer>; readonly reading: CsvReading | null }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string };

const row = z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]);

/** The body of a predict request; what stands in a row is checked with the model at hand. */
export const predictBody = z
  .strictObject({
    instances: z.array(row).min(1).meta({
      description:
        "Rows: arrays of values in the order of the model's columns, or objects by column, where the model has named columns. Missing values are null or left out.",
    }),
    top_k: z.int().min(1).optional().meta({ description: "Of classes: show only so many, most probable first." }),
  })
  .meta({
    id: "Instances",
    examples: [{ instances: [[0.5, -0.2]] }, { instances: [{ island: "Dream", body_mass_g: 3750 }], top_k: 2 }],
  });

/** A whole JSON body, answered: the JSON of the answer, or what is wrong with it. */
export type DocumentReply =
  | { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly ok: false; readonly code: "malformed" | "invalid" | "too_large"; readonly errors: readonly FieldError[] };
