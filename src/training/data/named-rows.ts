/** Which rows of a split are listed in the resolved spec, and which are stored apart and summarised there. */
import { NAMED_ROWS, namedRowsTensor } from "../../domain/jobs/named-rows.ts";
import { formOf, type ResolvedSplit, type Split } from "../../domain/spec/split.ts";
import { sha256Of } from "../prepare/digest.ts";
import type { PayloadTensor } from "./source.ts";

/** Maximum positions that a resolved spec lists for one part. */
const MAX_LISTED = 1000;

/** A split as the resolved spec has it, and the tensors of the parts that it summarises. */
export function keepRowsApart(split: Split | null): {
  readonly split: ResolvedSplit | null;
  readonly tensors: readonly PayloadTensor[];
} {
  const formed = split && formOf(split);
  if (formed?.form !== "positions") return { split, tensors: [] };
  const many = NAMED_ROWS.filter((field) => formed.split[field].length > MAX_LISTED);
  const summaries = many.map((field) => {
    const rows = formed.split[field];
    return [field, { rows: rows.length, sha256: sha256Of(Int32Array.from(rows)) }] as const;
  });
  return {
    split: { ...formed.split, ...Object.fromEntries(summaries) },
    tensors: many.map((field) => namedRowsTensor(field, formed.split[field])),
  };
}
