/** Finds rows of a stored table by a key, and removes rows from its columns. Knows nothing of uploads. */
import { createHash } from "node:crypto";
import { createDateReader } from "../../domain/datasets/column-reading.ts";
import type { Column, ColumnValues } from "../../domain/datasets/dataset.ts";
import { packTexts, type TextValues, textsOf } from "../../domain/datasets/texts.ts";
import type { MatchedRows, MatchTask, RemainingColumn, RemovalTask } from "../../domain/datasets/upload.ts";
import { plainUnit } from "../../domain/datasets/written/known-units.ts";
import { type FieldError, pointerOf } from "../../domain/errors.ts";
import { BOOLEANS, describeLabels } from "./label-column.ts";
import { describeNumbers } from "./numeric-column.ts";

/** Positions of the rows with one of the keys, ascending, or the keys without a row. An answer never repeats a key. */
export function matchRows({ column, values, keys, most }: MatchTask): MatchedRows {
  const wanted = new Map<string | number, number>();
  const errors: FieldError[] = [];
  const at = (index: number, detail: string) => errors.push({ pointer: pointerOf(["keys", "values", index]), detail });
  keys.forEach((key, index) => {
    const code = codeOf(column, key);
    if (code === null) at(index, `cannot be a value of ${JSON.stringify(column.name)}, which is ${column.type}`);
    else if (wanted.has(code)) at(index, "comes earlier");
    else wanted.set(code, index);
  });
  if (errors.length > 0) return { ok: false, errors };
  const cells = column.type === "text" ? textsOf(values as TextValues) : (values as Exclude<ColumnValues, TextValues>);
  const seen = new Set<string | number>();
  const positions: number[] = [];
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row] as string | number;
    if (!wanted.has(cell)) continue;
    seen.add(cell);
    positions.push(row);
    if (positions.length > most)
      return {
        ok: false,
        errors: [{ pointer: "/keys/values", detail: `more than ${most} rows have these values: forget them in parts` }],
      };
  }
  for (const [cell, index] of wanted) if (!seen.has(cell)) at(index, `no row has this value of ${JSON.stringify(column.name)}`);
  return errors.length > 0 ? { ok: false, errors } : { ok: true, positions };
}

/** How a column stores a key: -2 for a label that the column does not have; null for a value that it cannot have. */
function codeOf({ type, categories, reading }: Column, key: string | number | boolean): string | number | null {
  const text = String(key);
  switch (type) {
    case "number":
    case "integer": {
      const value = typeof key === "string" && key.trim() !== "" ? Number(key) : key;
      return typeof value === "number" && Number.isFinite(value) ? value : null;
    }
    case "datetime": {
      // Read like the cells: without a zone it is UTC, and day and month are in the column's order.
      const time = typeof key === "boolean" ? Number.NaN : createDateReader(reading ?? {})(text.trim());
      return Number.isNaN(time) ? null : time;
    }
    case "boolean":
      return BOOLEANS.includes(text) ? BOOLEANS.indexOf(text) : null;
    case "category": {
      const code = categories?.indexOf(text) ?? -1;
      return code < 0 ? -2 : code;
    }
    case "text":
      return text.replaceAll(/[\n\r]/g, " ");
  }
}

/** A column without some rows, described as an upload without them would be if its type stayed the same. */
export function withoutRows({ column, values, rows, missing, positions }: RemovalTask): RemainingColumn {
  const left = rows - positions.length;
  const remaining = values && removed(column, values, positions);
  const hasNumbers = remaining instanceof Float64Array && remaining.some((value) => !Number.isNaN(value));
  const described = describe(withWords(column, missing, hasNumbers), remaining, left);
  const hash = createHash("sha256").update(JSON.stringify([described.name, described.type, described.categories]));
  if (described.values) hash.update(described.values);
  return { column: described.column, values: described.values, sha256: hash.digest("hex") };
}

/**
 * The column without what came from its cells: its own words for a missing value, except those of the table, the spelling of its unit, and the
 * unit itself if no number is left.
 */
function withWords({ reading, ...column }: Column, missing: readonly string[], hasNumbers: boolean): Column {
  if (!reading) return column;
  const { missing: words = [], unit, ...rest } = reading;
  const kept = words.filter((word) => missing.includes(word));
  const own = {
    ...rest,
    ...(unit !== undefined && hasNumbers && { unit: plainUnit(unit) }),
    ...(kept.length > 0 && { missing: kept }),
  };
  return { ...column, ...(Object.keys(own).length > 0 && { reading: own }) };
}

function removed(column: Column, values: ColumnValues, positions: readonly number[]): ColumnValues {
  const gone = new Set(positions);
  const isLeft = (_: unknown, row: number) => !gone.has(row);
  if (column.type === "text") return packTexts(textsOf(values as TextValues).filter(isLeft));
  return (values as Float64Array<ArrayBuffer>).filter(isLeft) as ColumnValues;
}

interface Described {
  readonly name: string;
  readonly type: Column["type"];
  readonly categories: Column["categories"];
  readonly column: Column;
  readonly values: ColumnValues | null;
}

function describe({ odd: _, ...column }: Column, values: ColumnValues | null, rows: number): Described {
  const { name, type } = column;
  const asColumn = (own: Partial<Column>, kept: ColumnValues | null, categories: Column["categories"] = null): Described => {
    return { name, type, categories, column: { ...column, ...own, categories }, values: kept };
  };
  // If texts are not stored, nobody can say which odd cells were in these rows, so none is named any more.
  if (!values)
    return asColumn({ top: [], missing: Math.min(column.missing, rows), distinct: Math.min(column.distinct, rows) }, null);
  if (type === "text") {
    const counts = new Map<string, number>();
    for (const text of textsOf(values as TextValues)) if (text !== "") counts.set(text, (counts.get(text) ?? 0) + 1);
    return asColumn(describeLabels(name, type, rows, [...counts.keys()], [...counts.values()]), values);
  }
  if (type === "boolean" || type === "category") return describeCodes(column, values as Int32Array<ArrayBuffer>, asColumn);
  return asColumn(describeNumbers({ name, type }, values as Float64Array<ArrayBuffer>), values);
}

function describeCodes(
  { name, type, categories }: Column,
  codes: Int32Array<ArrayBuffer>,
  asColumn: (own: Partial<Column>, kept: ColumnValues, categories: Column["categories"]) => Described,
): Described {
  const labels = categories ?? [];
  const counts = labels.map(() => 0);
  for (const code of codes) if (code >= 0) counts[code]! += 1;
  const described = describeLabels(name, type, codes.length, labels, counts);
  if (type === "boolean") return asColumn(described, codes, [...labels]);
  // A label that only these rows had is one of their cells: it goes, and later labels move up.
  const left = labels.filter((_, code) => (counts[code] as number) > 0);
  const places = new Map(left.map((label, place) => [label, place]));
  const ranks = labels.map((label) => places.get(label) ?? -1);
  const ranked = codes.map((code) => (code < 0 ? -1 : (ranks[code] as number)));
  return asColumn(described, ranked, left);
}
