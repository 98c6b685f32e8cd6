/** The same rows as CSV and as JSON, uploaded in turn: how long each takes, and the memory that it takes over the size of its body. */
import { createReadStream, createWriteStream } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const FORMATS = { csv: "text/csv", json: "application/json" } as const;
type Format = keyof typeof FORMATS;
const ROUNDS = 5;

export interface FormatsBench {
  readonly url: string;
  /** Of the server. */
  readonly pid: number;
  /** Where the tables are written. */
  readonly folder: string;
  readonly rows: number;
  /** Blocks of lines of the CSV, the header first; a comma with a space behind it separates nothing. */
  readonly csv: () => Iterable<string>;
}

/** Prints the time and the memory of each format, the median of rounds in turn, and how they compare. */
export async function compareFormats({ url, pid, folder, rows, csv }: FormatsBench): Promise<void> {
  const paths: Record<Format, string> = { csv: join(folder, "rows.csv"), json: join(folder, "rows.json") };
  await pipeline(Readable.from(csv()), createWriteStream(paths.csv));
  await pipeline(Readable.from(jsonOf(csv())), createWriteStream(paths.json));
  const seconds: Record<Format, number[]> = { csv: [], json: [] };
  const memory: Record<Format, number[]> = { csv: [], json: [] };
  const size: Record<Format, number> = { csv: (await stat(paths.csv)).size, json: (await stat(paths.json)).size };
  for (let round = 0; round < ROUNDS; round++) {
    for (const format of ["csv", "json"] as const) {
      // The kernel counts the peak from here on (proc(5), clear_refs).
      await writeFile(`/proc/${pid}/clear_refs`, "5");
      const before = await residentBytes(pid, "VmRSS");
      const started = performance.now();
      const id = await upload(url, paths[format], FORMATS[format], rows);
      seconds[format].push((performance.now() - started) / 1000);
      memory[format].push((await residentBytes(pid, "VmHWM")) - before);
      await fetch(`${url}/v1/datasets/${id}`, { method: "DELETE" });
    }
  }
  console.log(`${rows.toLocaleString("en")} of these rows in each format, medians of ${ROUNDS} rounds in turn (all rounds):`);
  for (const format of ["csv", "json"] as const) {
    const all = seconds[format].map((each) => each.toFixed(2)).join(", ");
    const over = Math.max(...memory[format]) / size[format];
    console.log(
      `  ${format}: ${(size[format] / 1e6).toFixed(0)} MB in ${median(seconds[format]).toFixed(2)} s (${all}); memory at most ${over.toFixed(2)} times the body`,
    );
  }
  const ratios = seconds.json.map((each, round) => each / (seconds.csv[round] as number));
  console.log(`  JSON takes ${median(ratios).toFixed(2)} times as long as CSV`);
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

function* jsonOf(blocks: Iterable<string>): Generator<string> {
  let names: string[] | null = null;
  let separator = "[";
  for (const block of blocks) {
    let text = "";
    for (const line of block.trimEnd().split("\n")) {
      const cells = line.split(/,(?! )/);
      if (!names) {
        names = cells;
        continue;
      }
      text += `${separator}{${cells.map((cell, column) => `"${names?.[column]}":${jsonCell(cell)}`).join()}}`;
      separator = ",";
    }
    yield text;
  }
  yield "]";
}

function jsonCell(cell: string): string {
  if (cell === "") return "null";
  if (cell === "true" || cell === "false" || cell.startsWith('"')) return cell;
  return Number.isNaN(Number(cell)) ? JSON.stringify(cell) : String(Number(cell));
}

async function upload(url: string, path: string, type: string, rows: number): Promise<string> {
  const response = await fetch(`${url}/v1/datasets?name=formats`, {
    method: "POST",
    headers: { "content-type": type },
    body: Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
    duplex: "half",
  } as RequestInit);
  const answer = (await response.json()) as { id: string; rows: number };
  if (response.status !== 201 || answer.rows !== rows) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
  return answer.id;
}

async function residentBytes(pid: number, field: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}
