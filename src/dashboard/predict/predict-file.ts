/** Predicts the rows of a CSV file, part by part, and gives the file back with the predictions as further columns. */
import { ApiProblem } from "../shell/http.ts";
import { csvParts, firstRow } from "./csv-parts.ts";

export interface PredictedFile {
  readonly csv: Blob;
  readonly rows: number;
  /** Its first lines. */
  readonly head: readonly string[];
}

export interface PredictFileOptions {
  /** Sends rows of CSV, and gives the rows that answer them. */
  send(csv: string, header: "auto" | "true" | "false", signal: AbortSignal): Promise<string>;
  readonly signal: AbortSignal;
  onProgress(share: number): void;
}

const HEAD_LINES = 9;

/** Throws what `send` throws, with the line of the file in its detail. */
export async function predictFile(file: Blob, { send, signal, onProgress }: PredictFileOptions): Promise<PredictedFile> {
  const answers: string[] = [];
  let rows = 0;
  /** The row of names of the file, once it is known whether it has one: null when it has none. */
  let names: string | null | undefined;
  for await (const { text, firstLine, bytesRead } of csvParts(file)) {
    const answer = await send(names ? names + text : text, headerOf(names), signal).catch((error: unknown) => {
      throw inFile(error, firstLine - 1 - countLines(names ?? ""));
    });
    if (names === undefined) {
      const isNamed = countRows(answer) > 0 && hasNames(firstRow(text), firstRow(answer));
      names = isNamed ? firstRow(text) : null;
      answers.push(answer);
      rows += countRows(answer) - (isNamed ? 1 : 0);
    } else {
      const own = names === null ? answer : answer.slice(firstRow(answer).length);
      answers.push(own);
      rows += countRows(own);
    }
    onProgress(file.size > 0 ? bytesRead / file.size : 1);
  }
  const csv = new Blob(answers, { type: "text/csv" });
  return { csv, rows, head: linesOf(answers[0] ?? "").slice(0, HEAD_LINES) };
}

const headerOf = (names: string | null | undefined) => (names === undefined ? "auto" : names === null ? "false" : "true");

/** A row of names is answered with itself and the names of the predictions. */
function hasNames(row: string, answer: string): boolean {
  const own = row.trimEnd();
  return answer.startsWith(own) && /^[,;\t|]prediction/.test(answer.slice(own.length));
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

/** Lines are counted from the beginning of what was sent, which `linesBefore` lines of the file come before. */
function inFile(error: unknown, linesBefore: number): unknown {
  if (!(error instanceof ApiProblem)) return error;
  const shifted = (text: string) => text.replace(/^line (\d+)/, (_, line) => `line ${Number(line) + linesBefore}`);
  const { detail, errors = [] } = error.problem;
  return new ApiProblem({
    ...error.problem,
    detail: shifted(detail),
    errors: errors.map((each) => ({ ...each, detail: shifted(each.detail) })),
  });
}
