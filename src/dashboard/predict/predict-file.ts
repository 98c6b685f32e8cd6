/** Predicts the rows of a CSV file, part by part, and returns the file with the predictions as further columns. */
import { BatchError } from "../../client/batch-answer.ts";
import { ApiError } from "../../client/error.ts";
import { csvParts, firstRow } from "./csv-parts.ts";

export interface PredictedFile {
  readonly csv: Blob;
  readonly rows: number;
  /** Its first lines. */
  readonly head: readonly string[];
}

export interface PredictFileOptions {
  /**
   * Predicts rows of CSV and resolves with the CSV of the answer. `header` says whether the first row has names; undefined: the
   * server finds out.
   */
  send(csv: string, header: boolean | undefined, signal: AbortSignal): Promise<string>;
  readonly signal: AbortSignal;
  /** Called with the predicted share of the file, 0..1. */
  onProgress(share: number): void;
}

const HEAD_LINES = 9;
const ARCHIVE_MAGIC = "PK\u0003\u0004";
const WORKBOOK = "Rows are predicted from CSV: save the sheet of the workbook as CSV.";

/** Rejects as `send` does, with line numbers of the whole file in the error's details. */
export async function predictFile(file: Blob, { send, signal, onProgress }: PredictFileOptions): Promise<PredictedFile> {
  if ((await file.slice(0, ARCHIVE_MAGIC.length).text()) === ARCHIVE_MAGIC) throw new BatchError(WORKBOOK);
  const answers: string[] = [];
  let rows = 0;
  /** The file's row of names; null if it has none, undefined before that is known. */
  let names: string | null | undefined;
  for await (const { text, firstLine, bytesRead } of csvParts(file)) {
    const header = names === undefined ? undefined : names !== null;
    const answer = await send(names ? names + text : text, header, signal).catch((error: unknown) => {
      throw withFileLines(error, firstLine - 1 - countLines(names ?? ""));
    });
    if (names === undefined) {
      names = answer === "" ? null : namesIn(text, firstRow(answer));
      answers.push(answer);
      rows += countRows(answer) - (names === null ? 0 : 1);
    } else {
      const withoutNames = names === null ? answer : answer.slice(firstRow(answer).length);
      answers.push(withoutNames);
      rows += countRows(withoutNames);
    }
    onProgress(file.size > 0 ? bytesRead / file.size : 1);
  }
  const csv = new Blob(answers, { type: "text/csv" });
  return { csv, rows, head: linesOf(answers[0] ?? "").slice(0, HEAD_LINES) };
}

/** Rows in which the names are searched: a title or comments may stand above them. */
const ROWS_ABOVE = 30;

/**
 * The row of names, which is answered with itself (apart from quotes that no cell needs or that keep spreadsheets from running it) and the
 * names of the predictions. Null if the first row of the answer is a row of values.
 */
function namesIn(text: string, answer: string): string | null {
  const bare = (row: string) => row.trimEnd().replace(/^\ufeff|["']/g, "");
  const given = bare(answer);
  for (let rest = text, count = 0; rest !== "" && count < ROWS_ABOVE; count++) {
    const row = firstRow(rest);
    const names = bare(row);
    if (names !== "" && given.startsWith(names) && /^[,;\t|]prediction/.test(given.slice(names.length))) return row;
    rest = rest.slice(row.length);
  }
  return null;
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line !== "");
}

const countLines = (text: string) => text.split("\n").length - 1;

function countRows(text: string): number {
  let count = 0;
  for (let rest = text; rest !== ""; ) {
    rest = rest.slice(firstRow(rest).length);
    count++;
  }
  return count;
}

/** The server counts lines from the beginning of the part, which `linesBefore` lines of the file precede. */
function withFileLines(error: unknown, linesBefore: number): unknown {
  const shifted = (text: string) => text.replace(/^line (\d+)/, (_, line) => `line ${Number(line) + linesBefore}`);
  if (error instanceof BatchError) return new BatchError(shifted(error.message), { cause: error });
  if (!(error instanceof ApiError)) return error;
  const { detail, errors = [] } = error.problem;
  return new ApiError({
    ...error.problem,
    detail: shifted(detail),
    errors: errors.map((each) => ({ ...each, detail: shifted(each.detail) })),
  });
}
