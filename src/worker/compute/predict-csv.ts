/** Parses rows of CSV for a model, and writes the same rows with their predictions. Knows the format; predicts nothing. */

import { type CellStyle, csvCell } from "../../domain/csv-cell.ts";
import { parseNumber } from "../../domain/datasets/cell-parsing.ts";
import { cellOf, createValueReader, UNKNOWN } from "../../domain/datasets/column-reader.ts";
import { type EncodedColumn, ignoredNames, type Preprocessing, strangerDetail } from "../../domain/datasets/preprocessing.ts";
import { invalid } from "../../domain/errors.ts";
import type { Explanation } from "../../domain/explanations/explanation.ts";
import type { Model, Prediction } from "../../domain/models/model.ts";
import { type CsvReading, MAX_BATCH_ROW_BYTES, type RowBlock, type StreamOptions } from "../../domain/models/prediction.ts";
import { topChoices } from "../../domain/models/prediction-json.ts";
import { valuePlace } from "../../domain/quantiles.ts";
import { type CsvRecord, createCsvScanner, QUOTING } from "../../formats/csv/csv-scanner.ts";
import { type CsvStart, isComment, readCsvStart } from "../../formats/csv/csv-start.ts";
import { distinctNames, nameAt } from "../../formats/tables/table.ts";

export interface CsvRow {
  /** As it came, or escaped for spreadsheets, without its line end. */
  readonly text: string;
  readonly line: number;
  /** Values in the order of the model's columns. */
  readonly instance: readonly unknown[];
}

export interface CsvRows {
  readonly rows: readonly CsvRow[];
  /** The header, written likewise; null if this block has none. */
  readonly head: string | null;
  readonly reading: CsvReading;
}

/** Throws malformed or invalid, with the line. */
export async function readCsvRows(
  model: Model,
  { bytes, firstLine, reading }: RowBlock,
  options: StreamOptions,
): Promise<CsvRows> {
  const start = reading ? null : await startOf(model, bytes, options);
  const delimiter = reading?.delimiter ?? (start?.delimiter as number);
  const columns = model.preprocessing?.columns ?? null;
  const style = { delimiter: String.fromCharCode(delimiter), spreadsheet: options.spreadsheet ?? false };
  const textOf = (record: CsvRecord, cells: readonly string[]) =>
    style.spreadsheet ? cells.map((cell) => csvCell(cell, style)).join(style.delimiter) : recordText(record);
  const rows: CsvRow[] = [];
  let head: string | null = null;
  let found = reading;
  const onRecord = (record: CsvRecord): void => {
    const cells = Array.from({ length: record.count }, (_, index) => cellText(record, index));
    if (!found) {
      const together = start?.names ?? cells;
      const names = isHeader(model, together, options) ? cells : null;
      const cellIndices = cellIndicesOf(model, names && together, cells.length, record.line);
      found = { delimiter, width: cells.length, cellIndices, names };
      if (names) {
        head = start?.names ? start.names.map((name) => csvCell(name, style)).join(style.delimiter) : textOf(record, cells);
        return;
      }
    }
    if (found.names && isRepeated(found.names, cells)) return;
    const isPadded = cells.length > found.width && cells.slice(found.width).every((cell) => cell.trim() === "");
    if (cells.length !== found.width && !isPadded) {
      if (isComment(record, found.width)) return;
      throw wrong(`line ${record.line}: the row has ${cells.length} cells, and the first one ${found.width}`);
    }
    const instance = found.cellIndices.map((place, index) =>
      place === LEFT_OUT
        ? null
        : cellValue(cells[place] as string, record.quoting[place] !== QUOTING.plain, columns?.[index] ?? null),
    );
    if (found.names && start?.nameLines.includes(record.line) && !isRow(instance, columns ?? [])) return;
    rows.push({ text: textOf(record, cells), line: record.line, instance });
  };
  const line = firstLine + (start ? start.firstLine - 1 : 0);
  const scanner = createCsvScanner({ delimiter, maxCellBytes: MAX_BATCH_ROW_BYTES, firstLine: line, onRecord });
  scanner.push(bytes.subarray(start?.offset ?? 0));
  scanner.end();
  return { rows, head, reading: found ?? { delimiter, width: 0, cellIndices: [], names: null } };
}

/**
 * Whether a line without values below the names is a row to predict all the same: the model can read each of its cells in columns of numbers
 * and times, and one of its cells says something to it, as a word for a missing value does. Units and questions do not.
 */
function isRow(instance: readonly unknown[], columns: readonly EncodedColumn[]): boolean {
  const known = columns.flatMap((column, index): boolean[] => {
    const cell = instance[index];
    if (column.kind === "text" || cell === null || cell === "") return [];
    const value = createValueReader(column)(cell);
    if (column.kind === "category") return value === UNKNOWN ? [] : [true];
    return [typeof value === "number"];
  });
  return known.length > 0 && !known.includes(false);
}

/** Whether a row repeats the names, as in files that were put together. */
const isRepeated = (names: readonly string[], cells: readonly string[]): boolean =>
  names.length > 1 && cells.length === names.length && names.every((name, index) => name === cells[index]);

/** A title is above the names of the model's columns and nowhere else: any other row is one to predict, however little it has. */
async function startOf(model: Model, bytes: Uint8Array<ArrayBuffer>, options: StreamOptions): Promise<CsvStart> {
  const read = (mayHaveTitles: boolean) =>
    readCsvStart(() => once(bytes), {
      ...{
        delimiter: null,
        skipLines: null,
        mayHaveTitles,
        mayHaveNameLines: mayHaveTitles,
        maxCellBytes: MAX_BATCH_ROW_BYTES,
      },
    });
  const start = await read(options.header === "auto");
  const [first = []] = start.sample;
  return start.titleLines.length === 0 || isHeader(model, first, options) ? start : read(false);
}

async function* once(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield bytes;
}

function isHeader({ preprocessing }: Model, cells: readonly string[], { header }: StreamOptions): boolean {
  if (header !== "auto") return header === "true";
  if (!preprocessing) return cells.some((cell) => Number.isNaN(parseNumber(cell)));
  const names = new Set(preprocessing.columns.map(({ column }) => looseName(column)));
  return cells.some((cell, index) => names.has(looseName(nameAt(cell, index))));
}

/** A name for comparison of headers: names that differ only in case are equal. */
const looseName = (name: string): string => name.toLowerCase();

/** Stands for a column that the header lacks: it is missing in every row, like a field that JSON omits. */
const LEFT_OUT = -1;

/** The cell of each of the model's columns: by its name, or by its index if rows have no names. */
function cellIndicesOf(
  { preprocessing, inputWidth }: Model,
  names: readonly string[] | null,
  width: number,
  line: number,
): number[] {
  if (preprocessing && names) return cellIndicesByName(preprocessing, names, line);
  const columns = preprocessing?.columns.map(({ column }) => column) ?? null;
  const expected = columns?.length ?? inputWidth;
  if (width !== expected) {
    const which = columns ? `: ${columns.join(", ")}; a header may name them, in any order` : "";
    throw wrong(`line ${line}: the row has ${width} cells; the model takes ${expected}${which}`);
  }
  return Array.from({ length: expected }, (_, index) => index);
}

function cellIndicesByName(preprocessing: Preprocessing, given: readonly string[], line: number): number[] {
  const { names } = distinctNames(given);
  const loose = names.map(looseName);
  const places = preprocessing.columns.map(({ column }) => {
    const exact = names.indexOf(column);
    // -1 is LEFT_OUT.
    return exact >= 0 ? exact : loose.indexOf(looseName(column));
  });
  const known = ignoredNames(preprocessing);
  const ignored = known && new Set([...known].map(looseName));
  // A name that nobody knows says more of a mistyped one than the column that is missing for it.
  const isNamed = (index: number) => (given[index] as string).trim() !== "";
  const stranger = names.find(
    (_, index) => isNamed(index) && ignored && !places.includes(index) && !ignored.has(loose[index] as string),
  );
  if (stranger !== undefined) throw wrong(`line ${line}: ${stranger} ${strangerDetail(stranger, preprocessing)}`);
  if (places.every((place) => place === LEFT_OUT)) {
    const all = preprocessing.columns.map(({ column }) => column).join(", ");
    throw wrong(`line ${line}: the header has none of the model's columns: it takes ${all}`);
  }
  return places;
}

const wrong = (detail: string) => invalid([{ pointer: "", detail }]);

/** A cell as the model reads it. A text that is not a plain number stays a text: the model reports what is wrong with it. */
function cellValue(text: string, isQuoted: boolean, column: EncodedColumn | null): unknown {
  if (column) return cellOf(text, isQuoted, column);
  const number = parseNumber(text);
  return Number.isNaN(number) ? text : number;
}

function cellText({ bytes, starts, ends, quoting }: CsvRecord, index: number): string {
  const text = bytes.toString("utf8", starts[index] as number, ends[index] as number);
  return quoting[index] === QUOTING.doubled ? text.replaceAll('""', '"') : text;
}

/** The record as it was written, including quotes. */
function recordText({ bytes, starts, ends, quoting, count }: CsvRecord): string {
  const start = (starts[0] as number) - (quoting[0] === QUOTING.plain ? 0 : 1);
  const end = (ends[count - 1] as number) + (quoting[count - 1] === QUOTING.plain ? 0 : 1);
  return bytes.toString("utf8", start, end);
}

export interface CsvShape extends CellStyle {
  readonly model: Model;
  readonly topK: number | null;
  /** Whether rows have intervals or sets. */
  readonly hasIntervals: boolean;
  /** The columns whose contributions are written; empty if rows are not explained. */
  readonly columns: readonly string[];
}

/** The header with the names of the added cells. */
export function writeCsvHead(head: string, shape: CsvShape): string {
  return writeLine(head, [...namesOf(shape), ...explainedNames(shape)], shape);
}

/** A row with its prediction, and its explanation if it has one. */
export function writeCsvRow(row: string, prediction: Prediction, explanation: Explanation | null, shape: CsvShape): string {
  const why = explanation ? explainedValues(prediction, explanation, shape) : [];
  return writeLine(row, [...valuesOf(prediction, shape), ...why], shape);
}

/** For classes, the probability of the answered one is explained; for quantiles, the value; else each target. */
function explainedNames({ model, columns }: CsvShape): string[] {
  if (columns.length === 0) return [];
  return targetSuffixes(model).flatMap((suffix) => [
    `base${suffix}`,
    ...columns.map((column) => `contribution${suffix}_${column}`),
  ]);
}

function explainedValues(prediction: Prediction, { base, contributions }: Explanation, { model, columns }: CsvShape): number[] {
  const chosen =
    "place" in prediction
      ? [prediction.place]
      : model.quantiles
        ? [valuePlace(model.quantiles)]
        : Array.from(base, (_, number) => number);
  return chosen.flatMap((number) => [
    base[number] as number,
    ...columns.map((_, column) => contributions[column * base.length + number] as number),
  ]);
}

/** The suffixes of names for each value of an answer; empty if there is one. */
function targetSuffixes({ task, outputWidth, preprocessing, quantiles = [] }: Model): string[] {
  if (task !== "regression" || outputWidth === 1 || quantiles.length > 0) return [""];
  return Array.from({ length: outputWidth }, (_, index) => `_${preprocessing?.targets[index]?.column ?? index + 1}`);
}

function namesOf(shape: CsvShape): string[] {
  const { model, hasIntervals } = shape;
  if (model.task !== "regression") return [...classNames(shape), ...(hasIntervals ? ["set"] : [])];
  const { quantiles = [] } = model;
  const suffixes = targetSuffixes(model);
  const bounds = suffixes.flatMap((suffix) => [`lower${suffix}`, `upper${suffix}`]);
  const named = quantiles.map((quantile) => `quantile_${quantile}`);
  return [...suffixes.map((suffix) => `prediction${suffix}`), ...named, ...(hasIntervals ? bounds : [])];
}

function classNames({ model: { classes }, topK }: CsvShape): string[] {
  if (topK === null) return ["prediction", "probability", ...classes.map((label) => `probability_${label}`)];
  const count = Math.min(topK, classes.length);
  return Array.from({ length: count }, (_, index) => [`prediction_${index + 1}`, `probability_${index + 1}`]).flat();
}

function valuesOf(prediction: Prediction, { model, topK }: CsvShape): (string | number)[] {
  if ("value" in prediction) return [prediction.value, prediction.quantiles ?? [], prediction.intervals ?? []].flat(2);
  const { label, probability, probabilities, set } = prediction;
  // A list of labels is JSON, because a label may contain any character.
  const among = set ? [JSON.stringify(set.map((place) => model.classes[place]))] : [];
  if (topK === null) return [label, probability, ...probabilities, ...among];
  return [...topChoices(prediction, model, topK).flatMap((choice) => [choice.label, choice.probability]), ...among];
}

function writeLine(row: string, added: readonly (string | number)[], style: CellStyle): string {
  const cells = added.map((cell) => (typeof cell === "number" ? String(cell) : csvCell(cell, style)));
  return `${[row, ...cells].join(style.delimiter)}\r\n`;
}
