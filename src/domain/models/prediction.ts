/** What a request for predictions may ask, how predictions are shown, and the blocks that streams of rows are cut into. */
import { z } from "zod";
import { type ErrorCode, type FieldError, invalid, TrainyardError } from "../errors.ts";
import { toWire, type WireNumber } from "../metrics/metric.ts";
import { boundFaults } from "../spec/bound-faults.ts";
import type { BatchFormat } from "./batch-trailer.ts";
import type { ClassPrediction, Model, Prediction } from "./model.ts";

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

/** Bytes of one row of a stream at most: what is held to find its end. */
export const MAX_BATCH_ROW_BYTES = 1024 * 1024;

/** What a stream of rows is written in. `json` is a whole document, `predictBody`: a stream of one block. */
export type StreamFormat = BatchFormat | "json";

export interface StreamOptions {
  readonly format: StreamFormat;
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

/** Whole lines of a stream, in their order, or a whole document. */
export interface RowBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of its first line, from 1. */
  readonly firstLine: number;
  /** What the blocks before it came to; null for the first one. */
  readonly reading: CsvReading | null;
}

/**
 * What a block comes to: the bytes that answer it, or why they cannot be: an error as its parts, since threads lose the type.
 * Rows of lines are named by their line in `detail`, rows of a document by the pointers of `errors`.
 */
export type BlockReply =
  | { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer>; readonly reading: CsvReading | null }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string; readonly errors: readonly FieldError[] };

/** What a request for predictions asks for, before its rows are looked at. */
export interface Asked {
  /** How many rows; null for a stream, which has any number of them. */
  readonly rows: number | null;
  /** Show this many classes; null: all of them. */
  readonly topK: number | null;
}

/** Throws invalid without rows, too_large above `maxRows`, and invalid for `top_k` of a model without classes. */
export function assertPredictable({ task, name }: Model, { rows, topK }: Asked, maxRows: number): void {
  if (rows === 0) throw invalid([{ pointer: "/instances", detail: "must have at least one row" }]);
  if (rows !== null && rows > maxRows) {
    const detail = `${rows} rows are more than the limit of ${maxRows} (TRAINYARD_MAX_PREDICT_ROWS)`;
    throw new TrainyardError("too_large", detail, [{ pointer: "/instances", detail }]);
  }
  if (topK !== null && task === "regression") {
    throw invalid([{ pointer: "/top_k", detail: `is for classes, and ${name} is a regression` }]);
  }
}

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

// JSON knows no other objects than arrays and records.
boundFaults(predictBody, new Map([[row, (value: unknown) => typeof value === "object" && value !== null]]));
