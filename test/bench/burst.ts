/**
 * What memory a burst leaves behind: `npm run bench:burst`. A server of its own process takes uploads of some 4 MB, several at a time, and readers of
 * a job's events that never read a byte; then all leave. Prints its memory before, at its greatest, when they have left, and 30, 75 and 150 s
 * later.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { freePort, pathOfProgram, SERVER_FLAGS } from "../../src/cli/server-process.ts";

const { values } = parseArgs({
  options: {
    uploads: { type: "string", default: "300" },
    together: { type: "string", default: "8" },
    readers: { type: "string", default: "600" },
  },
});
const PORT = await freePort("127.0.0.1", 26_000);
const SERVER_URL = `http://127.0.0.1:${PORT}`;

const dataDir = await mkdtemp(join(tmpdir(), "trainyard-burst-"));
const server = spawn(process.execPath, [...SERVER_FLAGS, pathOfProgram("main")], {
  env: {
    ...process.env,
    TRAINYARD_PORT: String(PORT),
    TRAINYARD_DATA_DIR: dataDir,
    TRAINYARD_LOG_LEVEL: "error",
    TRAINYARD_WORKERS: "1",
  },
  stdio: ["ignore", "inherit", "inherit"],
});
let peak = 0;
const sampling = setInterval(async () => {
  peak = Math.max(peak, await memoryMb());
}, 200);
try {
  for (let tries = 0; !(await fetch(`${SERVER_URL}/readyz`).catch(() => null))?.ok; tries++) {
    if (tries > 300) throw new Error("the server does not start");
    await delay(100);
  }
  await say("ready");
  const job = await train();
  await say("a job of 300,000 epochs trained");
  peak = 0;
  const readers = await Promise.all(Array.from({ length: Number(values.readers) }, () => silentReader(job)));
  await delay(2000);
  await say(`${readers.length} readers that never read`);
  const tasks = Array.from({ length: Number(values.uploads) }, (_, at) => at);
  await Promise.all(
    Array.from({ length: Number(values.together) }, async () => {
      for (let at = tasks.shift(); at !== undefined; at = tasks.shift()) await upload(at);
    }),
  );
  await say(`${values.uploads} uploads`);
  for (const reader of readers) reader.destroy();
  await delay(1000);
  console.log(`greatest ${peak.toFixed(0)} MB`);
  await say("all have left");
  for (const [after, wait] of [
    [30, 29],
    [75, 45],
    [150, 75],
  ] as const) {
    await delay(wait * 1000);
    await say(`${after} s later`);
  }
} finally {
  clearInterval(sampling);
  server.kill();
  await rm(dataDir, { recursive: true, force: true });
}

async function memoryMb(): Promise<number> {
  const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${server.pid}/status`, "utf8").catch(() => "")) ?? [];
  return Number(kilobytes) / 1000;
}

async function say(what: string): Promise<void> {
  const rollup = await readFile(`/proc/${server.pid}/smaps_rollup`, "utf8").catch(() => "");
  const of = (field: string) => (Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(rollup)?.[1] ?? 0) / 1000).toFixed(0);
  const metrics = await (await fetch(`${SERVER_URL}/metrics`)).text();
  const bytes = (name: string) => (Number(new RegExp(`^${name} (\\S+)`, "m").exec(metrics)?.[1] ?? 0) / 1e6).toFixed(0);
  console.log(
    `${what.padEnd(36)} ${(await memoryMb()).toFixed(0)} MB, of which anonymous ${of("Anonymous")}; main heap ${bytes("nodejs_heap_size_used_bytes")} of ${bytes("nodejs_heap_size_total_bytes")}, buffers ${bytes("nodejs_external_memory_bytes")}`,
  );
}

async function train(): Promise<string> {
  const body = {
    data: { generator: { type: "moons", samples: 50 } },
    model: { layers: [{ type: "linear" }] },
    epochs: 300_000,
  };
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${SERVER_URL}/v1/jobs`, { method: "POST", headers, body: JSON.stringify(body) });
  const { id } = (await answer.json()) as { id: string };
  for (;;) {
    const { state } = (await (await fetch(`${SERVER_URL}/v1/jobs/${id}`)).json()) as { state: string };
    if (state === "succeeded") return id;
    await delay(200);
  }
}

/** Asks for all events, and takes none of the answer. */
async function silentReader(job: string): Promise<Socket> {
  const socket = connect(PORT, "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => undefined);
  socket.pause();
  socket.write(`GET /v1/jobs/${job}/events HTTP/1.1\r\nhost: h\r\naccept: text/event-stream\r\n\r\n`);
  return socket;
}

async function upload(at: number): Promise<void> {
  const rows = Array.from({ length: 100_000 }, (_, row) => `${at},${row},${(row * at) % 997},${row / 7},label ${row % 500}`);
  const headers = { "content-type": "text/csv" };
  const answer = await fetch(`${SERVER_URL}/v1/datasets?name=t${at}`, {
    method: "POST",
    headers,
    body: `a,b,c,d,e\n${rows.join("\n")}\n`,
  });
  await answer.arrayBuffer();
  if (answer.status !== 201) throw new Error(`an upload was answered with ${answer.status}`);
}
