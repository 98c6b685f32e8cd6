/**
 * Whether one sender's bytes are another's outage: `npm run bench:ground`. One project sends generated bodies
 * that are legal and take long, four at a time, to a server of its own process; another sends a small dry run ten times a second. Prints
 * the answers to each shape, the percentiles of the small dry run, and the greatest memory of the server. Bars: 250 ms at p99, 1.5 GB.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { freePort, pathOfProgram, SERVER_FLAGS } from "../../src/cli/server-process.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });
const PORT = String(await freePort("127.0.0.1", 26_000));
const URL_OF_SERVER = `http://127.0.0.1:${PORT}`;
const ADMIN_KEY = `ty_${"b".repeat(40)}`;

const DATA = { generator: { type: "moons", samples: 100 } };
const repeat = <T>(count: number, of: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => of(at));
const network = (layers: object[]) => JSON.stringify({ data: DATA, model: { layers }, epochs: 1, batch_size: 13 });
const deep = (layer: object, count = 95) => network([...repeat(count, () => layer), { type: "linear" }]);
const rows = (count: number, width: number) => repeat(count, (at) => repeat(width, (column) => Math.sin(at * width + column)));
const image = { type: "reshape", shape: [1, 16, 16] };

/** Twenty legal shapes that take long, by name. */
const SHAPES: Readonly<Record<string, () => string>> = {
  "many small objects": () => JSON.stringify({ data: DATA, tags: repeat(400_000, () => ({})) }),
  "many unknown fields": () =>
    JSON.stringify({ data: DATA, ...Object.fromEntries(repeat(300_000, (at) => [`field${at}`, at])) }),
  "layers that are nothing": () => JSON.stringify({ data: DATA, model: { layers: repeat(200_000, () => ({ type: "none" })) } }),
  "nested arrays": () => `{"data":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
  "nested objects": () => `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`,
  "long strings": () => JSON.stringify({ data: DATA, name: "x".repeat(20_000_000) }),
  "many faulty rows": () => JSON.stringify({ data: { inline: { features: repeat(500_000, () => ["x"]), targets: [] } } }),
  "many rows": () =>
    JSON.stringify({ data: { inline: { features: rows(90_000, 20), targets: rows(90_000, 1) } }, task: "regression" }),
  "a wide table": () =>
    JSON.stringify({ data: { inline: { features: rows(200, 10_000), targets: rows(200, 1) } }, task: "regression" }),
  "a split of many rows": () =>
    JSON.stringify({ data: DATA, split: { validation: { rows: repeat(2_000_000, (at) => at % 100) } } }),
  "deep batch_norm": () => deep({ type: "batch_norm" }),
  "deep layer_norm": () => deep({ type: "layer_norm" }),
  "deep softmax": () => deep({ type: "softmax" }),
  "deep log_softmax": () => deep({ type: "log_softmax" }),
  "deep mish": () => deep({ type: "mish" }),
  "deep linear": () => deep({ type: "linear", units: 64 }),
  "a wide linear": () => network([{ type: "linear", units: 100_000 }, { type: "linear" }]),
  "deep conv2d": () =>
    network([
      { type: "linear", units: 256 },
      image,
      ...repeat(60, () => ({ type: "conv2d", out_channels: 4, kernel_size: 3, padding: 1 })),
      { type: "flatten" },
      { type: "linear" },
    ]),
  "large windows": () =>
    network([
      { type: "linear", units: 256 },
      image,
      { type: "conv2d", out_channels: 8, kernel_size: 16 },
      { type: "flatten" },
      { type: "linear" },
    ]),
  "deep residuals": () => deep({ type: "residual", layers: [{ type: "batch_norm" }, { type: "gelu" }] }, 33),
};

const dataDir = await mkdtemp(join(tmpdir(), "trainyard-ground-"));
const server = spawn(process.execPath, [...SERVER_FLAGS, pathOfProgram("main")], {
  env: {
    ...process.env,
    TRAINYARD_PORT: PORT,
    TRAINYARD_DATA_DIR: dataDir,
    TRAINYARD_ADMIN_KEY: ADMIN_KEY,
    TRAINYARD_LOG_LEVEL: "error",
  },
  stdio: ["ignore", "inherit", "inherit"],
});
try {
  for (let tries = 0; !(await fetch(`${URL_OF_SERVER}/readyz`).catch(() => null))?.ok; tries++) {
    if (tries > 300) throw new Error("the server does not start");
    await delay(100);
  }
  await measure();
} finally {
  server.kill();
  await rm(dataDir, { recursive: true, force: true });
}

async function keyOf(project: string): Promise<string> {
  const response = await post("/v1/keys", ADMIN_KEY, JSON.stringify({ name: project, project, scopes: ["read", "submit"] }));
  const { key } = (await response.json()) as { key?: string };
  if (!key) throw new Error("no key was made");
  return key;
}

function post(path: string, key: string, body: string): Promise<Response> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  return fetch(URL_OF_SERVER + path, { method: "POST", headers, body });
}

async function measure(): Promise<void> {
  const [sender, other] = await Promise.all([keyOf("sender"), keyOf("other")]);
  const small = (at: number) =>
    JSON.stringify({
      data: DATA,
      model: { layers: [{ type: "linear", units: 8 + (at % 50) }, { type: "relu" }, { type: "linear" }] },
      epochs: 5,
    });
  for (let at = 0; at < 20; at++) await post("/v1/jobs?validate_only=true", other, small(at));
  const all: number[] = [];
  let peak = 0;
  for (const [name, body] of Object.entries(SHAPES)) {
    const text = body();
    // The server has closed idle connections meanwhile, which is to be seen before they are used.
    await delay(100);
    const until = performance.now() + (1000 * Number(values.seconds)) / Object.keys(SHAPES).length;
    const answers: string[] = [];
    const times: number[] = [];
    const attack = repeat(4, async () => {
      do {
        const start = performance.now();
        const status = await post("/v1/jobs?validate_only=true", sender, text).then(
          ({ status }) => status,
          () => 0,
        );
        answers.push(`${status} after ${(performance.now() - start).toFixed(0)} ms`);
      } while (performance.now() < until);
    });
    const watch = async () => {
      do {
        const start = performance.now();
        const { status } = await post("/v1/jobs?validate_only=true", other, small(times.length));
        times.push(status === 200 ? performance.now() - start : Number.POSITIVE_INFINITY);
        const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${server.pid}/status`, "utf8")) ?? [];
        peak = Math.max(peak, Number(kilobytes) / 1e6);
        await delay(100);
      } while (performance.now() < until);
    };
    await Promise.all([...attack, watch()]);
    all.push(...times);
    console.log(
      `${name.padEnd(26)}${(text.length / 1e6).toFixed(1).padStart(6)} MB  other ${summary(times)}  sender ${answers[0]}`,
    );
  }
  console.log(`all: ${summary(all)}; greatest memory ${peak.toFixed(2)} GB`);
}

function summary(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number).toFixed(0);
  return `p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms of ${times.length}`;
}
