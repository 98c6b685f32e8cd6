/** The receipt of a model: hashes of the inputs of its training. Training runs with equal receipts give the same weights. */

export interface Receipt {
  /** SHA-256 of the rows: of the uploaded bytes, of the float32 values of inline rows, or of a generator's spec. */
  readonly data: { readonly source: "generator" | "inline" | "dataset"; readonly sha256: string } | null;
  /** SHA-256 of the resolved spec in the canonical form of RFC 8785; null if its text is not valid Unicode. */
  readonly specSha256: string | null;
  /** The version of the engine that trained it, which changes whenever the bits of a training run can change. */
  readonly engineVersion: string | null;
}

/** The receipt of a model that was not trained here. */
export const NO_RECEIPT: Receipt = { data: null, specSha256: null, engineVersion: null };
