/**
 * How long each operation of the API holds the event loop, with bodies and answers at their limits: `npm run bench:routes`. The server is the built
 * program in a process of its own. Prints the longest turn of each request in processor time of its main thread (turns.ts), of several
 * requests the longest and the middle one, as the table of docs/performance.md. `-- --only PATTERN` asks those requests alone, by operation and what
 * is large about them, `--times N` so often each, and `--profile` says what their longest turns were spent on. `--bare` makes no records, for
 * requests that need none; `--server PATH` measures another build, and `--flag=--trace-gc` has its Node say more.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { type Answered, send } from "./client.ts";
import type { Taken } from "./preload.ts";
import { makeRecords, type Records } from "./records.ts";
import { LEFT_OUT, type Request, requestsOn } from "./requests.ts";
import { startMeasuredServer } from "./server.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    times: { type: "string" },
    bare: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    server: { type: "string" },
    flag: { type: "string", multiple: true, default: [] },
  },
});
const KEY = `ty_${"r".repeat(40)}`;
/** What an operation may take between two turns. */
const BAR_MS = 10;
/** How often a request is sent whose body or answer is large, and any other. */
const [LARGE_TIMES, TIMES] = [3, 5];

await assertComplete();
const server = await startMeasuredServer(KEY, values.server, values.flag);

try {
  const records = values.bare ? ({} as Records) : await makeRecords(ask);
  console.log("| operation | request | answer | longest turn, ms | in the middle |\n| --- | --- | --- | --- | --- |");
  const only = new RegExp(values.only);
  for (const request of requestsOn(records)) if (only.test(`${request.operation} ${request.what}`)) await measure(request);
} finally {
  await server.stop();
}

async function ask(method: string, path: string, content?: unknown, type = "application/json"): Promise<unknown> {
  const body = content === undefined || typeof content === "string" ? content : JSON.stringify(content);
  const answer = await send(server, KEY, { method, path, headers: { "content-type": type }, body, wantsText: true });
  if (answer.status >= 300 || answer.status === 0)
    throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 500)}`);
  return JSON.parse(answer.text);
}

async function measure({ operation, what, once, body, ...request }: Request): Promise<void> {
  const longest: number[] = [];
  const sent = { ...request, body: typeof body === "function" ? body() : body };
  let answered: Answered = { status: 0, bytes: 0, text: "" };
  await server.order(values.profile ? "profile" : "watch");
  // The first request compiles code, and is not counted.
  for (let time = 0; time <= Number(values.times ?? (once ? LARGE_TIMES : TIMES)); time++) {
    await delay(20);
    await server.order("reset");
    answered = await send(server, KEY, sent);
    const { turn, lines } = (await server.order("take")) as Taken;
    if (time === 0) continue;
    longest.push(turn.ms);
    for (const line of lines) console.log(line);
  }
  await server.order("rest");
  longest.sort((a, b) => a - b);
  const [most, middle] = [longest.at(-1) as number, longest[Math.floor(longest.length / 2)] as number];
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
