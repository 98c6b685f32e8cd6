/** The receipt of a model: what it was made of, by hashes, so that anyone can say whether another training gave the same. */

export interface Receipt {
  /** Of the rows: of their bytes for an upload, of their float32 values for inline rows, of its spec for a generator. */
  readonly data: { readonly source: "generator" | "inline" | "dataset"; readonly sha256: string } | null;
  /** SHA-256 of the resolved spec in the canonical form of RFC 8785. */
  readonly specSha256: string | null;
  /** Of the engine that trained it; it is another one whenever the bits of a training may be others. */
  readonly engineVersion: string | null;
}

/** The receipt of a model that was not trained here. */
export const NO_RECEIPT: Receipt = { data: null, specSha256: null, engineVersion: null };
