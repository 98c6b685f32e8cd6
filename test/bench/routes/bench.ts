/**
 * How long each operation of the API holds the event loop, with bodies and answers at their limits: `npm run bench:routes`. The server runs in this
 * thread and its client in another. Prints the longest turn of each request in processor time of this thread (turns.ts), of several requests
 * the longest and the middle one, as the table of docs/performance.md. `-- --only PATTERN` asks those operations alone, and `--profile` says
 * what their longest turns were spent on.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { pino } from "pino";
import { parse } from "yaml";
import { parseConfig } from "../../../src/server/config.ts";
import { startServer } from "../../../src/server/server.ts";
import type { Answered, Asked } from "./client-thread.ts";
import { startProfiler } from "./profile.ts";
import { makeRecords } from "./records.ts";
import { LEFT_OUT, type Request, requestsOn } from "./requests.ts";
import { type Turn, watchTurns } from "./turns.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    times: { type: "string", default: "5" },
    profile: { type: "boolean", default: false },
  },
});
const KEY = `ty_${"r".repeat(40)}`;
/** What an operation may take between two turns. */
const BAR_MS = 10;

const dataDir = await mkdtemp(join(tmpdir(), "trainyard-routes-"));
const config = parseConfig({
  TRAINYARD_PORT: process.env.PORT ?? "0",
  TRAINYARD_GRPC_PORT: "0",
  TRAINYARD_DATA_DIR: dataDir,
  TRAINYARD_ADMIN_KEY: KEY,
  TRAINYARD_WORKERS: "1",
});
const server = await startServer(config, pino({ level: "silent" }));
const client = new Worker(new URL("./client-thread.ts", import.meta.url));
const post = <Reply>(message: Asked | "send") =>
  new Promise<Reply>((resolve) => {
    client.once("message", resolve);
    client.postMessage(message);
  });
const send = () => post<Answered>("send");
const authorization = `Bearer ${KEY}`;

try {
  await assertComplete();
  const records = await makeRecords(async (method, path, body, type = "application/json") => {
    const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const headers = { authorization, "content-type": type };
    await post({ url: server.url + path, method, headers, body: text, wantsText: true });
    const answer = await send();
    if (answer.status >= 300 || answer.status === 0)
      throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 500)}`);
    return JSON.parse(answer.text);
  });
  console.log("| operation | request | answer | longest turn, ms | in the middle |\n| --- | --- | --- | --- | --- |");
  console.error("the records are there");
  for (const request of requestsOn(records)) if (new RegExp(values.only).test(request.operation)) await measure(request);
} finally {
  await server.stop();
  await client.terminate();
  await rm(dataDir, { recursive: true, force: true });
}

async function measure({ operation, what, method = "GET", path, call, headers = {}, body, once }: Request): Promise<void> {
  const longest: Turn[] = [];
  const turns = watchTurns();
  const profiler = values.profile ? await startProfiler() : null;
  let answered: Answered = { status: 0, bytes: 0, text: "" };
  const url = call ? (server.grpcAddress as string) : server.url + path;
  await post({ url, call, method, headers: { authorization, ...headers }, body: typeof body === "function" ? body() : body });
  // The first request compiles code, and is not counted.
  for (let time = 0; time <= (once ? 1 : Number(values.times)); time++) {
    await delay(20);
    turns.take();
    answered = await send();
    const turn = turns.take();
    if (time > 0) longest.push(turn);
    if (time > 0) for (const line of (await profiler?.take(turn)) ?? []) console.log(line);
  }
  turns.stop();
  const sorted = longest.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const [most, middle] = [sorted.at(-1) as number, sorted[Math.floor(sorted.length / 2)] as number];
  const over = middle > BAR_MS ? " (over)" : "";
  const size = answered.bytes < 1e4 ? `${answered.bytes} B` : `${(answered.bytes / 1e6).toFixed(2)} MB`;
  console.log(`| ${operation} | ${what} | ${answered.status}, ${size} | ${most.toFixed(1)}${over} | ${middle.toFixed(1)} |`);
  if (answered.status === 0 || (answered.status >= 400 && process.env.VERBOSE)) console.log(answered.text.slice(0, 300));
}

/** Throws when an operation of openapi.yaml is neither measured nor left out. */
async function assertComplete(): Promise<void> {
  const document = parse(await readFile(new URL("../../../openapi.yaml", import.meta.url), "utf8"));
  const all = Object.values<Record<string, { operationId?: string }>>(document.paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ operationId }) => (operationId ? [operationId] : [])),
  );
  const known = new Set([...requestsOn({} as never).map(({ operation }) => operation), ...Object.keys(LEFT_OUT)]);
  const missing = all.filter((operation) => !known.has(operation));
  if (missing.length > 0) throw new Error(`test/bench/routes/requests.ts has no request for ${missing.join(", ")}`);
}
