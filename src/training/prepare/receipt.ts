/** Creates receipts: hashes of the inputs of a model's training. Knows nothing of how they are stored. */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { Receipt } from "../../domain/models/receipt.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { ENGINE_VERSION } from "../../engine/index.ts";

/** A lone surrogate, as `JSON.stringify` escapes it. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/;

/**
 * Creates the receipt of a model that this engine trains from a spec. Text that is not valid Unicode has no canonical form, so
 * a spec with such text (such as its name) has no hash.
 */
export function receiptOf(spec: ResolvedSpec): Receipt {
  // The number of threads is the machine's business: weights do not depend on it.
  const { threads: _threads, ...hashed } = spec;
  const hasCanonicalForm = !LONE_SURROGATE.test(JSON.stringify(hashed));
  return { data: dataOf(spec), specSha256: hasCanonicalForm ? hashOf(hashed) : null, engineVersion: ENGINE_VERSION };
}

function dataOf({ data }: ResolvedSpec): Receipt["data"] {
  if ("generator" in data) return { source: "generator", sha256: hashOf(data.generator) };
  if ("inline" in data) return { source: "inline", sha256: data.inline.sha256 };
  return { source: "dataset", sha256: data.dataset.sha256 };
}

/** Returns the SHA-256 of a value in the canonical JSON of RFC 8785. */
function hashOf(value: object): string {
  return createHash("sha256")
    .update(canonicalize(value) ?? "")
    .digest("hex");
}
