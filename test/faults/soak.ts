/**
 * `npm run test:soak [-- --minutes N] [--seed N] [--parts] [--spare]`: a busy server for N minutes (60 when left out), whose threads die all the while: jobs
 * with readers, sweeps, searches, predictions, uploads, what is paused, cancelled and deleted. Prints each minute, or each twentieth of the time, what the server
 * holds and how long a prediction takes, with `--parts` of what its memory consists, in MB; in the end what was done. `--spare` kills no thread. Ends with 1 when something was lost, or came to other weights.
 */
import { readdir, stat } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createChance } from "./chance.ts";
import { startSoakServer } from "./soak/server.ts";
import { type Soak, WORKERS } from "./soak/work.ts";
import type { Holding } from "./thread-killer.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    parts: { type: "boolean", default: false },
    spare: { type: "boolean", default: false },
  },
});
const MS = Number(values.minutes) * 60_000;
const SAMPLES = 20;
const MB = 2 ** 20;
const WIDTHS = [8, 12, 9, 12, 14, 8, 8];

/** Bytes of all files of a folder. */
async function bytesOf(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true });
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(path, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

const at = (sorted: readonly number[], share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
const line = (cells: readonly (string | number)[]) =>
  console.log(cells.map((cell, index) => String(cell).padStart(WIDTHS[index] ?? 8)).join(""));

const over = new AbortController();
const server = await startSoakServer({ TRAINYARD_WORKERS: "2" });
const soak: Soak = {
  ...{ server, chance: createChance(Number(values.seed)), over: over.signal, spares: values.spare },
  ...{ counts: {}, faults: [], probes: [] },
};
console.log(`${availableParallelism()} cores, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}, seed ${values.seed}`);
line(["minute", "resident MB", "heap MB", "descriptors", "database MB", "p50 ms", "p99 ms"]);

const workers = WORKERS.map((work) =>
  work(soak).catch((error: unknown) => {
    soak.faults.push(`a user gave up: ${error instanceof Error ? error.stack : error}`);
  }),
);
let holding: Holding | null = null;
for (let sample = 1; sample <= SAMPLES; sample++) {
  await delay(MS / SAMPLES);
  holding = await server.holding();
  const probes = soak.probes.splice(0).toSorted((a, b) => a - b);
  const sizes = [holding.rssBytes, holding.heapBytes].map((bytes) => (bytes / MB).toFixed(0));
  const database = ((await bytesOf(server.path)) / MB).toFixed(1);
  line([
    ((MS / SAMPLES / 60_000) * sample).toFixed(1),
    ...sizes,
    holding.descriptors ?? "-",
    database,
    at(probes, 0.5).toFixed(1),
    at(probes, 0.99).toFixed(1),
  ]);
  if (values.parts)
    console.log(
      Object.entries(holding.parts)
        .map(([part, amount]) => `  ${part} ${part === "threads" ? amount : (amount / MB).toFixed(1)}`)
        .join(","),
    );
}
over.abort();
await Promise.all(workers);
const code = await server.stop();
if (code !== 0) soak.faults.push(`the server ended with ${code}`);
console.log(JSON.stringify({ done: soak.counts, killed: holding?.killed }, null, 2));
if (server.errors.length > 0)
  console.log(`${server.errors.length} lines of the log are errors, as:\n${server.errors.slice(0, 5).join("\n")}`);
for (const fault of soak.faults.slice(0, 50)) console.log(`fault: ${fault}`);
console.log(`${soak.faults.length} faults`);
process.exitCode = soak.faults.length > 0 ? 1 : 0;
