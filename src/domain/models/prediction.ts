/** Prediction requests, and the blocks of streamed rows. */
import { z } from "zod";
import { type ErrorCode, type FieldError, invalid, TrainyardError } from "../errors.ts";
import { type Background, type ExplainRequest, explainOption } from "../explanations/explanation.ts";
import type { AskedRow } from "../monitoring/asked-rows.ts";
import { boundFaults } from "../spec/bound-faults.ts";
import { threshold } from "../spec/decision-options.ts";
import type { AnswerOptions } from "./answer-options.ts";
import type { BatchFormat } from "./batch-trailer.ts";
import { interval, rowsFor } from "./conformal.ts";
import type { Model } from "./model.ts";
import type { Remark } from "./remarks.ts";

/** Most bytes of one row of a stream, which are buffered to find its end. */
export const MAX_BATCH_ROW_BYTES = 1024 * 1024;

/** Formats of a whole document, which is a stream of one block: `json` is `predictBody`, the others are other servers' requests. */
export type DocumentFormat = "json" | "tf-serving" | "open-inference";

/** The format of a stream of rows. */
export type StreamFormat = BatchFormat | DocumentFormat;

export interface StreamOptions extends AnswerOptions {
  readonly format: StreamFormat;
  /** For CSV: whether the first row is a header. auto: it is if one of its cells is a column of the model or not a number. */
  readonly header: "true" | "false" | "auto";
  /** For CSV: whether every cell, in the rows too, is escaped for spreadsheets as csvCell does. Left out: no. */
  readonly spreadsheet?: boolean;
  /** Explains each row against these background rows; null or left out: explains none. */
  readonly explain?: { readonly request: ExplainRequest; readonly background: Background } | null;
  readonly document?: DocumentOptions;
  /** Whether the reply has the answers as numbers too, to be stored for feedback. Left out: no. */
  readonly keeps?: boolean;
  /** Whether it has some of the rows too, for the model's sample. Left out: no. */
  readonly samples?: boolean;
}

/** How a document is answered, besides its own content. */
export interface DocumentOptions {
  /** What to explain if the document does not say; null or left out: nothing. */
  readonly explain?: ExplainRequest | null;
  /** The background of an explained document, after a first reply has asked for it: null if the document has its own. */
  readonly drawn?: { readonly background: Background | null; readonly work: number };
  /** The length of its JSON, if binary tensors follow; left out: all of it. */
  readonly jsonBytes?: number;
}

/** An explained document needs its background before it is answered. */
export interface NeedsBackground {
  /** Which training rows; null if the document has its own. */
  readonly choice: { readonly count: number; readonly seed: number } | null;
  /** Multiply-adds of explaining all of its rows. */
  readonly work: number;
}

/** The answer to a document, besides its bytes. */
export interface DocumentAnswer {
  /** The length of the answer's JSON, if binary tensors follow; null if all of it is. */
  readonly jsonBytes: number | null;
  /** Milliseconds of reading the request, of the model, and of writing the answer. */
  readonly times: { readonly input: number; readonly infer: number; readonly output: number };
}

/** How to read the rows of a CSV, determined from its first row. */
export interface CsvReading {
  /** The byte of the delimiter. */
  readonly delimiter: number;
  /** Number of cells per row. */
  readonly width: number;
  /** The index of the cell of each of the model's columns, in the model's order. */
  readonly cellIndices: readonly number[];
  /** The cells of the row with the names, which may come again; null where rows have no names. */
  readonly names: readonly string[] | null;
}

/** Whole lines of a stream, in order, or a whole document. */
export interface RowBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of its first line, from 1. */
  readonly firstLine: number;
  /** The reading that the earlier blocks determined; null for the first block. */
  readonly reading: CsvReading | null;
}

/**
 * The result of a block: the bytes of the response, or the parts of an error, because errors lose their class between threads.
 * `detail` names the line of an invalid row; for documents, the pointers of `errors` do.
 */
export type BlockReply =
  | {
      readonly ok: true;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly reading: CsvReading | null;
      /** Rows that were answered. */
      readonly rows: number;
      /** Notes on odd rows, by their lines; the JSON answer of a document contains them itself. */
      readonly remarks: readonly Remark[];
      readonly document?: DocumentAnswer;
      /** If they are to be stored: the class index, or the value, of each row. */
      readonly answers?: Float64Array<ArrayBuffer>;
      /** Rows for the sample of the model, if it has one. */
      readonly sampled?: readonly AskedRow[];
      /** In this case `bytes` are those of the document itself, to be sent again with its background. */
      readonly needs?: NeedsBackground;
    }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string; readonly errors: readonly FieldError[] };

/** The parameters of a prediction request, before its rows are read. */
export interface Asked extends AnswerOptions {
  /** Number of rows; null for a stream, whose length is unknown. */
  readonly rows: number | null;
}

/** Maximum numbers of one answer that is not a stream, unless more rows are allowed: some hundred megabytes while it is written. */
const MAX_NUMBERS = 4_000_000;

/**
 * Checks a request. Throws invalid without rows; too_large above `maxRows` or for too many numbers in the answer; invalid for `top_k` of a
 * model without classes, for `threshold` of one that does not have two, and for an `interval` if the model had too few held-out rows.
 */
export function assertPredictable(
  { task, name, classes, outputWidth, conformal }: Model,
  { rows, topK, threshold = null, interval = null }: Asked,
  maxRows: number,
): void {
  if (rows === 0) throw invalid([{ pointer: "/instances", detail: "must have at least one row" }]);
  if (rows !== null && rows > maxRows) {
    const detail = `${rows} rows are more than the limit of ${maxRows} (TRAINYARD_MAX_PREDICT_ROWS)`;
    throw new TrainyardError("too_large", detail, [{ pointer: "/instances", detail }]);
  }
  const numbers = (rows ?? 0) * (classes.length || outputWidth);
  if (numbers > Math.max(MAX_NUMBERS, maxRows)) {
    const detail = `${numbers} numbers (rows x numbers of an answer) are more than the limit of ${MAX_NUMBERS}: send fewer rows, or stream them as CSV or NDJSON`;
    throw new TrainyardError("too_large", detail, [{ pointer: "/instances", detail }]);
  }
  if (topK !== null && task === "regression") {
    throw invalid([{ pointer: "/top_k", detail: `is only for classes, but ${name} is a regression` }]);
  }
  if (threshold !== null && classes.length !== 2) {
    const given = task === "regression" ? "a regression" : `of ${classes.length}`;
    throw invalid([{ pointer: "/threshold", detail: `is only for two classes, but ${name} is ${given}: leave it out` }]);
  }
  if (interval !== null && !conformal) {
    const cure = "train it with split.validation or split.test, or leave its model out";
    throw invalid([{ pointer: "/interval", detail: `needs held-out rows, but ${name} has none: ${cure}` }]);
  }
  if (interval !== null && conformal && conformal.rows < rowsFor(interval)) {
    const detail = `${interval} needs ${rowsFor(interval)} held-out rows, but ${name} has ${conformal.rows}: ask for a lower one`;
    throw invalid([{ pointer: "/interval", detail }]);
  }
}

const row = z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]);

/** Bodies that are a row, or name their rows otherwise, are a beginner's. */
const missingRows = ({ input }: { readonly input?: unknown }): string | undefined =>
  input === undefined ? 'is required: the rows to predict, as in {"instances": [{"age": 41}]}' : undefined;

/** The body of a predict request. The model's reader checks the contents of rows. */
export const predictBody = z
  .strictObject({
    instances: z.array(row, { error: missingRows }).min(1).meta({
      description:
        "Rows: arrays of values in the order of the model's columns, or objects by column, if the model has named columns. Missing values are null or left out.",
    }),
    top_k: z.int().min(1).optional().meta({ description: "For classes: show only this many, most probable first." }),
    threshold: threshold.optional().meta({
      description: "For two classes: predict the second class above this probability, instead of the model's `threshold`.",
    }),
    interval: interval.optional().meta({
      description:
        "The probability with which an answer contains the truth, such as 0.9: values get an `interval`, classes a `set`. For models with held-out rows.",
    }),
    explain: explainOption.optional(),
  })
  .meta({
    id: "Instances",
    examples: [
      { instances: [[0.5, -0.2]] },
      { instances: [{ island: "Dream", body_mass_g: 3750 }], top_k: 2 },
      { instances: [[0.5, -0.2]], explain: { method: "shapley", background: 100 } },
    ],
  });

// JSON has no other objects than arrays and records.
boundFaults(predictBody, new Map([[row, (value: unknown) => typeof value === "object" && value !== null]]));
