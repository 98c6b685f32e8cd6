/** Receipts: the hashes of what a model was made of. */
import { createHash } from "node:crypto";
import type { Receipt } from "../../domain/models/receipt.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { ENGINE_VERSION } from "../../engine/index.ts";

/** The receipt of a model that a spec trains with this engine. */
export function receiptOf(spec: ResolvedSpec): Receipt {
  return { data: dataOf(spec), specSha256: hashOf(spec), engineVersion: ENGINE_VERSION };
}

function dataOf({ data }: ResolvedSpec): Receipt["data"] {
  if ("generator" in data) return { source: "generator", sha256: hashOf(data.generator) };
  if ("inline" in data) return { source: "inline", sha256: data.inline.sha256 };
  return { source: "dataset", sha256: data.dataset.sha256 };
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** JSON as RFC 8785 has it: no spaces, members sorted by name, numbers and strings as ECMAScript writes them. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
