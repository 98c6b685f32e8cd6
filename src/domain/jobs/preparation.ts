/** What comes of the body of a job before it is one. */
import type { DatasetRows } from "../datasets/dataset.ts";
import type { Preprocessing } from "../datasets/preprocessing.ts";
import type { FieldError } from "../errors.ts";
import type { Note } from "../notes.ts";
import type { ResolvedSpec } from "../spec/spec.ts";
import type { TensorSet } from "../tensor.ts";

/** What a job body came to, after parsing, validation and a look at its rows. */
export type Prepared =
  | {
      readonly ok: true;
      readonly spec: ResolvedSpec;
      readonly parameters: number;
      readonly memoryBytes: number;
      readonly rows: number;
      readonly classes: readonly string[];
      readonly payload: TensorSet | null;
      /** What was guessed, left out or looks wrong. */
      readonly notes: readonly Note[];
    }
  | { readonly ok: false; readonly code: "malformed" | "invalid"; readonly errors: readonly FieldError[] };

/** A body that is a valid spec and names things of the store: it is prepared further with what they are. */
export interface Draft {
  readonly ok: false;
  readonly code: "references";
  readonly references: References;
  /** The parsed spec, for the compute pool alone, so that it is not parsed or validated again. */
  readonly spec: Uint8Array<ArrayBuffer>;
}

/** What a job body refers to, and needs to be resolved. */
export interface References {
  readonly dataset: { readonly id: string; readonly target: readonly string[]; readonly splitColumn: string | null } | null;
  /** A reference to the model or checkpoint whose weights it starts from, and where in the body it stands. */
  readonly model: { readonly ref: string; readonly pointer: string } | null;
}

/** A model or a checkpoint that a job starts from. */
export interface ReferredModel {
  readonly id: string;
  readonly sha256: string;
  readonly weights: TensorSet;
  /** How its columns were fitted; null where it takes rows as they are. */
  readonly preprocessing: Preprocessing | null;
  /** Empty for a regression. */
  readonly classes: readonly string[];
}

/** What the references are. The values of a data set are those of its categories, targets and splitting column. */
export interface Resolved {
  readonly dataset: DatasetRows | null;
  readonly model: ReferredModel | null;
}
