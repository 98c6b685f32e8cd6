/** Converts a block of a stream of rows (CSV, NDJSON or a JSON document) to the bytes of its answer. Runs in a compute thread. */
import { TrainyardError } from "../../domain/errors.ts";
import { explainedWriter } from "../../domain/explanations/explanation-json.ts";
import { answerAsAsked } from "../../domain/models/answer-options.ts";
import type { Prediction } from "../../domain/models/model.ts";
import type { BlockReply, StreamFormat, StreamOptions } from "../../domain/models/prediction.ts";
import { predictionWriter } from "../../domain/models/prediction-json.ts";
import { createRemarkCollector, placedBy } from "../../domain/models/remarks.ts";
import { replyExtras } from "../../domain/monitoring/reply-extras.ts";
import { parseLine } from "../../formats/tables/ndjson.ts";
import { malformedTable } from "../../formats/tables/table.ts";
import type { PredictBlockTask } from "../protocol.ts";
import { columnNames, explain } from "./explain-rows.ts";
import { readCsvRows, writeCsvHead, writeCsvRow } from "./predict-csv.ts";
import { predictDocument, predictOpenInference, predictTfServing } from "./predict-document.ts";
import type { LoadedModel } from "./predictors.ts";

/** Rows that run through the network at once. */
const ROWS = 1024;

type Asked = Pick<PredictBlockTask, "block" | "options" | "maxRows">;
type Answer = Extract<BlockReply, { ok: true }>;

const ANSWERS: Readonly<Record<StreamFormat, (loaded: LoadedModel, asked: Asked) => Answer | Promise<Answer>>> = {
  csv: csvBlock,
  ndjson: ndjsonBlock,
  json: predictDocument,
  "tf-serving": predictTfServing,
  "open-inference": predictOpenInference,
};

/** The answer to a block in its own format, or its first error (for a document: all errors). */
export async function predictBlock(loaded: LoadedModel, asked: Asked): Promise<BlockReply> {
  const { format } = asked.options;
  try {
    return await ANSWERS[format](loaded, asked);
  } catch (error) {
    if (!(error instanceof TrainyardError)) throw error;
    const { code, message: detail, errors } = error;
    // The detail names the line; no pointer leads to it.
    return { ok: false, code, detail, errors: format === "csv" || format === "ndjson" ? [{ pointer: "", detail }] : errors };
  }
}

/** One prediction a line, for every line that is not empty. */
function ndjsonBlock(loaded: LoadedModel, { block: { bytes, firstLine }, options }: Asked): Answer {
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
  const { predictions, explanations, remarks } = predict(loaded, instances, options, (row) => lines[row] as number);
  const write = predictionWriter(loaded.model);
  const writeExplained = explainedWriter(loaded.model, explanations ? columnNames(loaded.model) : []);
  predictions.forEach((prediction, row) => {
    const explanation = explanations?.[row];
    const text = explanation ? writeExplained(prediction, explanation, options.topK) : write(prediction, options.topK);
    written += `${text}\n`;
  });
  const said = {
    reading: null,
    rows: instances.length,
    remarks,
    ...replyExtras(options, loaded.model, instances, predictions),
  };
  return { ok: true, bytes: new TextEncoder().encode(written), ...said };
}

/** The rows as they came, each with its prediction in additional cells. */
async function csvBlock(loaded: LoadedModel, { block, options }: Asked): Promise<Answer> {
  const { rows, head, reading } = await readCsvRows(loaded.model, block, options);
  const { model } = loaded;
  const { topK, interval, spreadsheet = false } = options;
  const hasIntervals = interval !== null && interval !== undefined;
  const columns = options.explain ? columnNames(model) : [];
  const delimiter = String.fromCharCode(reading.delimiter);
  const shape = { model, topK, hasIntervals, columns, delimiter, spreadsheet };
  let written = head === null ? "" : writeCsvHead(head, shape);
  const instances = rows.map(({ instance }) => instance);
  const { predictions, explanations, remarks } = predict(loaded, instances, options, (row) => rows[row]?.line ?? 0);
  predictions.forEach((prediction, row) => {
    written += writeCsvRow(rows[row]?.text ?? "", prediction, explanations?.[row] ?? null, shape);
  });
  const said = { reading, rows: instances.length, remarks, ...replyExtras(options, model, instances, predictions) };
  return { ok: true, bytes: new TextEncoder().encode(written), ...said };
}

/** Throws invalid at the first wrong row, named by its line. Explains the rows if requested. */
function predict(loaded: LoadedModel, instances: readonly unknown[], options: StreamOptions, lineOf: (row: number) => number) {
  const { model, predictor } = loaded;
  const predictions: Prediction[] = [];
  const remarks = createRemarkCollector();
  for (let start = 0; start < instances.length; start += ROWS) {
    const result = predictor.predict(instances.slice(start, start + ROWS));
    if (result.ok) {
      for (const prediction of answerAsAsked(result, model, options).predictions) predictions.push(prediction);
      remarks.addAll(placedBy(result.remarks, (row) => lineOf(start + row)));
      continue;
    }
    // Pointers are /instances/{row}/{column}, without the column if the whole row is wrong.
    const [{ pointer = "", detail = "" } = {}] = result.errors;
    const [row = "0", column] = pointer.split("/").slice(2);
    throw new TrainyardError("invalid", `line ${lineOf(start + Number(row))}${columnText(model, column)}: ${detail}`);
  }
  const asked = options.explain;
  const explanations = asked ? explain(loaded, instances, asked.background, asked.request) : null;
  return { predictions, explanations, remarks: remarks.take() };
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
    throw malformedTable(
      `line ${firstLine + bad}: not UTF-8: send it as UTF-8, or with encoding=latin1 (or utf-16) if it is that`,
    );
  }
}
