/**
 * `npm run bench:upload`: a CSV of 1,000,000 rows and 20 columns goes into the real server, while a small job trains. Prints
 * how long it took, how late the server's event loop was, its peak memory, and how soon the values can be read back. Then
 * 200,000 rows as CSV and as JSON in turn; `npm run bench:upload 200000 formats` does that alone.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { pathOfProgram, SERVER_FLAGS } from "../../../src/cli/server-process.ts";
import type { JobSpec } from "../../../src/client/answers.ts";
import { type Client, createClient } from "../../../src/client/client.ts";
import { openStore } from "../../../src/storage/open.ts";
import type { LoopReport } from "../service/loop-delay.ts";
import { compareFormats } from "./upload-formats.ts";

const ROWS = Number(process.argv[2] ?? 1_000_000);
const FORMATS_ONLY = process.argv[3] === "formats";
const FORMAT_ROWS = Math.min(ROWS, 200_000);
const COLUMNS = 20;
const ISLANDS = ["Biscoe", "Dream", "Torgersen", '"Kangaroo, south"'];
/** Trains meanwhile: its metrics share the writer with the upload. */
const ENDLESS: JobSpec = {
  data: { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } },
  model: { layers: [{ type: "linear" }, { type: "sigmoid" }] },
  epochs: 100_000_000,
};

interface Server {
  readonly child: ChildProcess;
  readonly url: string;
}

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "trainyard-upload-"));
try {
  const table = join(folder, "table.csv");
  if (!FORMATS_ONLY) await pipeline(Readable.from(lines(ROWS)), createWriteStream(table));
  if (!FORMATS_ONLY) await measure(table, join(folder, "data"));
  const server = await startServer(join(folder, "formats"));
  const pid = server.child.pid as number;
  await compareFormats({ url: server.url, pid, folder, rows: FORMAT_ROWS, csv: () => lines(FORMAT_ROWS) });
  await stop(server);
} finally {
  await rm(folder, { recursive: true });
}

/** Twelve numbers, three whole numbers, three categories, a boolean and a date a row, some of them missing. */
function* lines(rows: number): Generator<string> {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const cell = (column: number): string => {
    if (column > 0 && random() < 0.01) return "";
    if (column < 12) return (random() * 100 - 50).toFixed(4);
    if (column < 15) return String(Math.floor(random() * 1000));
    if (column < 18) return ISLANDS[Math.floor(random() * ISLANDS.length)] as string;
    if (column === 18) return random() < 0.5 ? "true" : "false";
    return new Date(1.5e12 + Math.floor(random() * 1e11)).toISOString().slice(0, 10);
  };
  const row = (make: (column: number) => string) =>
    `${Array.from({ length: COLUMNS }, (_, column) => make(column)).join(",")}\n`;
  yield row((column) => `column_${column}`);
  for (let block = 0; block < rows; block += 1000) {
    let text = "";
    for (let index = block; index < Math.min(block + 1000, rows); index++) text += row(cell);
    yield text;
  }
}

async function measure(table: string, dataDir: string): Promise<void> {
  const { size } = await stat(table);
  console.log(`a CSV of ${ROWS.toLocaleString("en")} rows and ${COLUMNS} columns, ${(size / 1e6).toFixed(0)} MB`);
  const first = await startServer(dataDir);
  const api = createClient(first.url);
  const job = await api.submit(ENDLESS);
  await report(first);
  const started = performance.now();
  const id = await upload(table, first.url);
  const seconds = (performance.now() - started) / 1000;
  const { worstMs, p99Ms, busiestMs } = await report(first);
  console.log(`uploaded and ready in ${seconds.toFixed(1)} s, ${Math.round(ROWS / seconds).toLocaleString("en")} rows/s`);
  const busy = `busy for ${busiestMs.toFixed(1)} ms at most`;
  console.log(`event loop late by ${worstMs.toFixed(1)} ms at worst, p99 ${p99Ms.toFixed(2)} ms; ${busy}`);
  console.log(`peak memory of the server ${(await peakMemoryMB(first.child.pid as number)).toFixed(0)} MB`);
  await api.cancel(job.id);
  await trainOn(api, id);
  await stop(first);
  await readBack(dataDir, id);
  const second = await startServer(dataDir);
  await remove(second, id);
  await stop(second);
}

/** How long a mini-batch job on the table takes to its thread, and to its first epoch over 800,000 rows. */
async function trainOn(api: Client, id: string): Promise<void> {
  const asked = Date.now();
  const job = await api.submit({
    data: { dataset: { id, target: "column_0" } },
    model: { layers: [{ type: "linear", units: 32 }, { type: "relu" }, { type: "linear" }] },
    optimizer: { type: "adam" },
    batch_size: 256,
    epochs: 2,
  });
  for await (const frame of api.watch(job.id)) {
    const seconds = ((Date.now() - asked) / 1000).toFixed(2);
    if (frame.type === "state" && frame.state === "running") console.log(`a mini-batch job on it runs after ${seconds} s`);
    if (frame.type === "metrics") console.log(`  epoch ${frame.to} after ${seconds} s`);
    if (frame.type === "end") console.log(`  ${frame.state} after ${seconds} s`);
  }
}

/** What the server's event loop was like since the report before. */
async function report({ child }: Server): Promise<LoopReport> {
  child.send("report");
  const [answer] = await once(child, "message");
  return answer as LoopReport;
}

async function stop({ child }: Server): Promise<void> {
  child.kill("SIGTERM");
  await once(child, "exit");
}

async function upload(table: string, url: string): Promise<string> {
  const response = await fetch(`${url}/v1/datasets?name=table`, {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: Readable.toWeb(createReadStream(table)) as ReadableStream<Uint8Array>,
    duplex: "half",
  } as RequestInit);
  const answer = (await response.json()) as { id: string; rows: number };
  if (response.status !== 201 || answer.rows !== ROWS) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
  return answer.id;
}

async function startServer(dataDir: string): Promise<Server> {
  const child = fork(pathOfProgram("main"), {
    execArgv: [...SERVER_FLAGS, "--import", pathOf("../service/loop-delay.ts")],
    env: { ...process.env, TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: dataDir, TRAINYARD_LOG_LEVEL: "info" },
    silent: true,
  });
  child.stderr?.pipe(process.stderr);
  const url = await new Promise<string>((resolve) => {
    if (!child.stdout) return;
    createInterface(child.stdout).on("line", (line) => {
      const entry = JSON.parse(line) as { msg: string; url: string };
      if (entry.msg === "ready") resolve(entry.url);
    });
  });
  return { child, url };
}

/** The most memory that a process had resident; Linux keeps count. */
async function peakMemoryMB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1000;
}

async function readBack(dataDir: string, id: string): Promise<void> {
  const store = await openStore({ dataDir });
  const names = Array.from({ length: COLUMNS }, (_, column) => `column_${column}`);
  const started = performance.now();
  const columns = await store.datasets.readColumns(id, names);
  const ms = (performance.now() - started).toFixed(0);
  console.log(`all ${columns.size} columns read back from the store in ${ms} ms`);
  await store.close();
}

async function remove(server: Server, id: string): Promise<void> {
  await report(server);
  const started = performance.now();
  const { status } = await fetch(`${server.url}/v1/datasets/${id}`, { method: "DELETE" });
  const ms = (performance.now() - started).toFixed(0);
  const { worstMs, busiestMs } = await report(server);
  console.log(
    `deleted (${status}) in ${ms} ms; event loop late by ${worstMs.toFixed(1)} ms, busy for ${busiestMs.toFixed(1)} ms at most`,
  );
}
