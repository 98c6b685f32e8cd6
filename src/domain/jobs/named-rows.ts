/** The rows that a split names by position, if they are too many for a resolved spec: tensors of the job's payload. */

import { formOf, type ResolvedSplit, type Split } from "../spec/split.ts";
import { type TensorEntry, type TensorSet, unpackTensors } from "../tensor.ts";

/** Fields of a split that name rows. */
export const NAMED_ROWS = ["validation_rows", "test_rows"] as const;

type NamedRows = (typeof NAMED_ROWS)[number];

/** A float32 cannot hold every position, so each is two numbers in this base. */
const BASE = 4096;

const nameOf = (field: NamedRows): string => `split.${field}`;

/** Positions as a tensor [rows, 2]. */
export function namedRowsTensor(
  field: NamedRows,
  rows: readonly number[],
): TensorEntry & { readonly values: Float32Array<ArrayBuffer> } {
  const values = new Float32Array(2 * rows.length);
  rows.forEach((row, index) => {
    values[2 * index] = Math.floor(row / BASE);
    values[2 * index + 1] = row % BASE;
  });
  return { name: nameOf(field), shape: [rows.length, 2], values };
}

/** Returns the split of a resolved spec with all rows that it names. Throws an Error if the payload lacks the rows that were stored apart. */
export function splitWithRows(split: ResolvedSplit | null, payload: TensorSet | null): Split | null {
  const formed = split && formOf(split);
  if (formed?.form !== "positions") return split as Split | null;
  const rowsOf = (field: NamedRows) => {
    const rows = formed.split[field];
    return Array.isArray(rows) ? rows : rowsFrom(payload, nameOf(field));
  };
  return { validation_rows: rowsOf("validation_rows"), test_rows: rowsOf("test_rows") };
}

function rowsFrom(payload: TensorSet | null, name: string): number[] {
  const values = payload && unpackTensors(payload).get(name);
  if (!values) throw new Error(`the payload has no ${name}`);
  const rows = new Array<number>(values.length / 2);
  for (let index = 0; index < rows.length; index++)
    rows[index] = (values[2 * index] as number) * BASE + (values[2 * index + 1] as number);
  return rows;
}
