/**
 * The columns of a data set as a model reads them: in the types that the model was trained on, whatever types the data set has, value by
 * value as in a prediction. Knows columns, but no scores.
 */
import { createLabelReader, createValueReader, UNKNOWN, type ValueReader } from "../../domain/datasets/column-reader.ts";
import { type Column, type ColumnValues, type DatasetRows, isCategorical } from "../../domain/datasets/dataset.ts";
import type { EncodedColumn } from "../../domain/datasets/preprocessing.ts";
import { packTexts, type TextValues, textsOf } from "../../domain/datasets/texts.ts";

/** A column that fits the model, or a sentence with the value that does not, and the cure. */
export type ReadColumn = { readonly column: Column; readonly values: ColumnValues } | { readonly fault: string };

/** Reads the column of a data set for a fitted column. */
export function readColumn(encoded: EncodedColumn, column: Column, { rows, values }: DatasetRows): ReadColumn {
  const given = values.get(column.name) ?? null;
  if (!given) {
    // A column without any value is read as text unless something else determines its type.
    if (column.missing === rows) return allMissing(encoded, column, rows);
    return { fault: `column ${column.name} is text, whose values are not kept: upload the file with its type given (types)` };
  }
  if (column.type === "text") return readTexts(encoded, column, given);
  if (encoded.kind === "text") return { column, values: asTexts(column, given) };
  const read = createValueReader(encoded);
  if (encoded.kind === "category") return readLabels(encoded.categories, read, column, given);
  if (!isCategorical(column.type)) {
    const fits = (encoded.kind === "datetime") === (column.type === "datetime");
    return fits ? { column, values: given } : { fault: wrongType(encoded, column) };
  }
  return readNumbers(read, column, given);
}

/** A column of texts, for a model that takes texts or, as labels, anything else. */
function readTexts(encoded: EncodedColumn, column: Column, given: ColumnValues): ReadColumn {
  if (encoded.kind === "text") return { column, values: given };
  const texts = textsOf(given as TextValues);
  const categories = [...new Set(texts)].filter((text) => text !== "");
  const places = new Map(categories.map((text, place) => [text, place]));
  const labels: Column = { ...column, type: "category", categories };
  const codes = Int32Array.from(texts, (text) => places.get(text) ?? -1);
  const read = createValueReader(encoded);
  return encoded.kind === "category" ? readLabels(encoded.categories, read, labels, codes) : readNumbers(read, labels, codes);
}

function asTexts(column: Column, given: ColumnValues): ColumnValues {
  return isCategorical(column.type) ? given : packTexts(Array.from(given, (value) => textOrNull(rawOf(column, value))));
}

const textOrNull = (raw: string | number | null): string | null => (raw === null ? null : String(raw));

/** The index of every row's value among `labels`; `UNKNOWN` if it is none of them or missing. */
export function readPlaces(labels: readonly string[], column: Column, values: ColumnValues): Int32Array {
  const read = createLabelReader(labels, { case: "ignored" });
  const known = new Map<number, number>();
  return Int32Array.from(values, (value) => {
    const place = known.get(value) ?? placeOf(read(rawOf(column, value)));
    known.set(value, place);
    return place;
  });
}

/** A stored value as a prediction request would carry it: a number, a text, or null if it is missing. */
function rawOf({ type, categories }: Column, value: number): string | number | null {
  if (isCategorical(type)) return categories?.[value] ?? null;
  if (Number.isNaN(value)) return null;
  return type === "datetime" ? new Date(value).toISOString() : value;
}

const placeOf = (read: number | string): number => (typeof read === "number" && read >= 0 ? read : UNKNOWN);

/** Codes of labels as the model knows them; unknown labels come after those. */
function readLabels(known: readonly string[], read: ValueReader, column: Column, values: ColumnValues): ReadColumn {
  const labels = [...known];
  const codes = new Map<number, number>();
  const codeOf = (value: number): number => {
    const raw = rawOf(column, value);
    const place = raw === null ? Number.NaN : read(raw);
    if (typeof place === "number" && Number.isNaN(place)) return -1;
    return typeof place === "number" && place >= 0 ? place : labels.push(String(raw)) - 1;
  };
  const coded = Int32Array.from(values, (value) => {
    const code = codes.get(value) ?? codeOf(value);
    codes.set(value, code);
    return code;
  });
  return { column: { ...column, type: "category", categories: labels }, values: coded };
}

function readNumbers(read: ValueReader, column: Column, values: ColumnValues): ReadColumn {
  const numbers = (column.categories ?? []).map((label) => read(column.type === "boolean" ? label === "true" : label));
  const wrong = numbers.findIndex((value) => typeof value === "string");
  const row = wrong < 0 ? -1 : values.indexOf(wrong);
  if (row >= 0) {
    const label = JSON.stringify(column.categories?.[wrong]);
    const detail = `column ${column.name}, row ${row + 1}: ${label} ${numbers[wrong]}`;
    return { fault: `${detail}: correct the cell or leave it empty, and upload the file again` };
  }
  const read64 = Float64Array.from(values, (code) => (code < 0 ? Number.NaN : (numbers[code] as number)));
  return { column: { ...column, type: "number", categories: null }, values: read64 };
}

function allMissing(encoded: EncodedColumn, column: Column, rows: number): ReadColumn {
  if (encoded.kind !== "category" && encoded.kind !== "text")
    return { column: { ...column, type: "number" }, values: new Float64Array(rows).fill(Number.NaN) };
  return { column: { ...column, type: "category", categories: [] }, values: new Int32Array(rows).fill(-1) };
}

function wrongType(encoded: EncodedColumn, { name, type }: Column): string {
  const wanted = encoded.kind === "datetime" ? "datetimes" : "numbers";
  return `column ${name} is ${type}, and the model takes ${wanted}: upload the file with its type given (types)`;
}
