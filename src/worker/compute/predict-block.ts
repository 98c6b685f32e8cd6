/** A stretch of a batch: lines of CSV or NDJSON to lines of predictions. Runs in a compute thread. */
import { TrainyardError } from "../../domain/errors.ts";
import type { Prediction } from "../../domain/models/model.ts";
import { type BatchBlock, type BatchOptions, type BatchReply, wirePrediction } from "../../domain/models/prediction.ts";
import { parseLine } from "../../formats/tables/ndjson.ts";
import { malformedTable } from "../../formats/tables/table.ts";
import { readCsvRows, writeCsvHead, writeCsvRow } from "./predict-csv.ts";
import type { LoadedModel } from "./predictors.ts";

/** Rows that go through the network at once. */
const ROWS = 1024;

/** The lines that answer the block's, in its format, or the first thing that is wrong with it. */
export async function predictBlock(loaded: LoadedModel, block: BatchBlock, options: BatchOptions): Promise<BatchReply> {
  try {
    return options.format === "csv" ? await csvBlock(loaded, block, options) : ndjsonBlock(loaded, block, options);
  } catch (error) {
    if (error instanceof TrainyardError) return { ok: false, code: error.code, detail: error.message };
    throw error;
  }
}

/** A prediction a line, for every line with something on it. */
function ndjsonBlock(loaded: LoadedModel, { bytes, firstLine }: BatchBlock, { topK }: BatchOptions): BatchReply {
  const instances: unknown[] = [];
  const lines: number[] = [];
  decode(bytes, firstLine)
    .split("\n")
    .forEach((text, index) => {
      if (text.trim() === "") return;
      instances.push(parseLine(text, firstLine + index));
      lines.push(firstLine + index);
    });
  let written = "";
  for (const prediction of predictions(loaded, instances, (row) => `line ${lines[row]}`)) {
    written += `${JSON.stringify(wirePrediction(prediction, topK))}\n`;
  }
  return { ok: true, bytes: new TextEncoder().encode(written), reading: null };
}

/** The rows as they came, each with its prediction in further cells. */
async function csvBlock(loaded: LoadedModel, block: BatchBlock, options: BatchOptions): Promise<BatchReply> {
  const { rows, head, reading } = await readCsvRows(loaded.model, block, options);
  const { model } = loaded;
  const shape = { model, topK: options.topK, delimiter: String.fromCharCode(reading.delimiter) };
  let written = head === null ? "" : writeCsvHead(head, shape);
  const instances = rows.map(({ instance }) => instance);
  let row = 0;
  for (const prediction of predictions(loaded, instances, (index) => `line ${rows[index]?.line}`)) {
    written += writeCsvRow(rows[row++]?.text ?? "", prediction, shape);
  }
  return { ok: true, bytes: new TextEncoder().encode(written), reading };
}

/** Throws invalid at the first row that is wrong, named by `placeOf`. */
function* predictions(
  { model, predictor }: LoadedModel,
  instances: readonly unknown[],
  placeOf: (row: number) => string,
): Generator<Prediction, void, void> {
  for (let start = 0; start < instances.length; start += ROWS) {
    const result = predictor.predict(instances.slice(start, start + ROWS));
    if (result.ok) {
      yield* result.predictions;
      continue;
    }
    // Pointers read /instances/{row}/{column}, where the column is left out when the row as a whole is wrong.
    const [{ pointer = "", detail = "" } = {}] = result.errors;
    const [row = "0", column] = pointer.split("/").slice(2);
    throw new TrainyardError("invalid", `${placeOf(start + Number(row))}${columnText(model, column)}: ${detail}`);
  }
}

function columnText({ preprocessing }: LoadedModel["model"], column: string | undefined): string {
  if (column === undefined) return "";
  const name = column.replaceAll("~1", "/").replaceAll("~0", "~");
  const known = preprocessing?.columns[Number(name)]?.column;
  return known === undefined ? `, column ${preprocessing ? name : Number(name) + 1}` : `, column ${known}`;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array, firstLine: number): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    const lines = new TextDecoder().decode(bytes).split("\n");
    const bad = Math.max(
      0,
      lines.findIndex((line) => line.includes("\ufffd")),
    );
    throw malformedTable(`line ${firstLine + bad}: not UTF-8`);
  }
}
