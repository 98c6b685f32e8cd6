/** The results of preparing a job from a request body. */
import type { DatasetRows } from "../datasets/dataset.ts";
import type { Preprocessing } from "../datasets/preprocessing.ts";
import type { FieldError } from "../errors.ts";
import type { Labels } from "../labels.ts";
import type { Note } from "../notes.ts";
import type { ResolvedSpec } from "../spec/spec.ts";
import type { TensorSet } from "../tensor.ts";

/** The result of parsing and validating a job body and inspecting its rows. */
export type Prepared =
  | {
      readonly ok: true;
      readonly spec: ResolvedSpec;
      readonly parameters: number;
      readonly memoryBytes: number;
      readonly rows: number;
      readonly classes: readonly string[];
      readonly payload: TensorSet | null;
      /** Notes on what was guessed, left out or looks wrong. */
      readonly notes: readonly Note[];
      readonly labels: Labels;
    }
  | { readonly ok: false; readonly code: "malformed" | "invalid"; readonly errors: readonly FieldError[] };

/** A body that is a valid spec with references to the store, which must be resolved before preparation can continue. */
export interface Draft {
  readonly ok: false;
  readonly code: "references";
  readonly references: References;
  /** The faults of the spec. The draft is then the rest of it, used only to find the faults of its data. */
  readonly faults?: readonly FieldError[];
  /** The parsed spec, opaque outside the compute pool, so that it is not parsed and validated twice. */
  readonly spec: Uint8Array<ArrayBuffer>;
}

/** The references of a job body, which must be resolved. */
export interface References {
  readonly dataset: {
    readonly id: string;
    readonly target: readonly string[];
    readonly splitColumn: string | null;
    /** Names of the features; null if they are not named. */
    readonly features: readonly string[] | null;
    /** Whether the network is searched for. */
    readonly searches: boolean;
  } | null;
  /** The reference to the model or checkpoint whose weights it starts from, and the JSON pointer of the reference. */
  readonly model: { readonly ref: string; readonly pointer: string } | null;
}

/** A model or a checkpoint that a job starts from. */
export interface ReferredModel {
  readonly id: string;
  readonly sha256: string;
  readonly weights: TensorSet;
  /** Its fitted columns; null if it takes rows as they are. */
  readonly preprocessing: Preprocessing | null;
  /** Empty for a regression. */
  readonly classes: readonly string[];
}

/** The resolved references. A data set has the values of its categories, targets and split column. */
export interface Resolved {
  readonly dataset: DatasetRows | null;
  readonly model: ReferredModel | null;
}
