/**
 * What monitoring costs, and how often it is wrong: `npm run bench:monitoring [-- --rounds 15] [--only cost|rates]`. Two servers that differ in
 * TRAINYARD_MONITORING alone answer the same requests in turn; the ratio is that of the medians of the processor time of a round. Then quiet and
 * shifted windows are drawn. Prints a line of JSON each.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { judgedWindows } from "../domain/monitoring/simulated-use.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../e2e/live-server.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" }, only: { type: "string" } } });
const ROUNDS = Number(values.rounds);

/** Milliseconds of a tick in /proc: 100 a second on every Linux. */
const TICK_MS = 10;

/** Processor time of all threads of a process. */
function processorMs({ process: { pid } }: LiveServer): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ").slice(11, 13) ?? [];
  return TICK_MS * (Number(user) + Number(system));
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
const even = (index: number, factor: number) => (index * factor * 0.6180339887498949) % 1;
const rowAt = (index: number, width: number) =>
  Object.fromEntries(
    Array.from({ length: width }, (_, column) => [
      `c${column}`,
      column % 4 === 3 ? `label ${Math.floor(8 * even(index, column + 1))}` : Number((10 * even(index, column + 1)).toFixed(3)),
    ]),
  );

/** A server with a model of so many columns. */
async function serverWith(width: number, monitoring: boolean): Promise<{ server: LiveServer; remove: () => Promise<void> }> {
  const dir = await createDataDir();
  const server = await startLiveServer(dir.path, { TRAINYARD_MONITORING: String(monitoring), TRAINYARD_LOG_LEVEL: "warn" });
  const rows = Array.from({ length: 1000 }, (_, index) => rowAt(index, width));
  const head = [...Object.keys(rows[0] ?? {}), "y"].join();
  const csv = [head, ...rows.map((row, index) => [...Object.values(row), index % 2 ? "yes" : "no"].join())].join("\n");
  const { id } = await server.client.upload(new TextEncoder().encode(`${csv}\n`), { format: "csv", name: "rows" });
  const job = await server.client.submit({
    name: "m",
    data: { dataset: { id, target: "y" } },
    model: { layers: [{ type: "linear", units: 32 }, { type: "relu" }, { type: "linear" }] },
    optimizer: { type: "adam", lr: 0.01 },
    epochs: 3,
  } as never);
  await server.client.wait(job.id);
  return {
    server,
    async remove() {
      await server.stop();
      await dir.remove();
    },
  };
}

interface Load {
  readonly type: string;
  readonly body: string;
  readonly requests: number;
}

const loadsOf = (width: number): Readonly<Record<string, Load>> => {
  const rows = (count: number) => Array.from({ length: count }, (_, index) => rowAt(index, width));
  const json = (count: number) => ({ type: "application/json", body: JSON.stringify({ instances: rows(count) }) });
  const lines = rows(5000).map((row) => JSON.stringify(row));
  const cells = rows(5000).map((row) => Object.values(row).join());
  return {
    "one row, JSON": { ...json(1), requests: 800 },
    "50 rows, JSON": { ...json(50), requests: width > 10 ? 40 : 200 },
    "5,000 rows, NDJSON": { type: "application/x-ndjson", body: `${lines.join("\n")}\n`, requests: width > 10 ? 1 : 4 },
    "5,000 rows, CSV": {
      type: "text/csv",
      body: `${[Object.keys(rowAt(0, width)).join(), ...cells].join("\n")}\n`,
      requests: width > 10 ? 1 : 4,
    },
  };
};

async function send({ url }: LiveServer, { type, body, requests }: Load): Promise<void> {
  for (let sent = 0; sent < requests; ) {
    const batch = Math.min(8, requests - sent);
    await Promise.all(
      Array.from({ length: batch }, async () => {
        const response = await fetch(`${url}/v1/models/m/predict`, { method: "POST", headers: { "content-type": type }, body });
        await response.arrayBuffer();
        if (!response.ok) throw new Error(`answered ${response.status}`);
      }),
    );
    sent += batch;
  }
}

const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function costs(width: number): Promise<void> {
  const on = await serverWith(width, true);
  const off = await serverWith(width, false);
  for (const [name, load] of Object.entries(loadsOf(width))) {
    const spent = { on: [] as number[], off: [] as number[] };
    for (let round = -2; round < ROUNDS; round++) {
      // Who goes first alternates: what the machine does besides hits both alike.
      const order = round % 2 === 0 ? (["on", "off"] as const) : (["off", "on"] as const);
      for (const which of order) {
        const { server } = which === "on" ? on : off;
        const before = processorMs(server);
        await send(server, load);
        // The first rounds compile.
        if (round >= 0) spent[which].push(processorMs(server) - before);
      }
    }
    const [withIt, without] = [median(spent.on), median(spent.off)];
    print({ columns: width, load: name, on_ms: withIt, off_ms: without, ratio: Number((withIt / without).toFixed(3)) });
  }
  await on.remove();
  await off.remove();
}

function rates(): void {
  const uses = [1, 10, 100, 200].flatMap((columns) => [150, 2000, 20_000].map((rows) => ({ columns, rows })));
  for (const use of uses) {
    const windows = use.columns >= 100 ? 100 : 400;
    const alerts = (shift: number, count: number) =>
      [...judgedWindows({ ...use, windows: count, shift, seed: 7 })].filter(({ drifted }) => drifted.length > 0).length;
    print({ ...use, quiet_windows: windows, false_alerts: alerts(0, windows), shifted_windows: 20, found: alerts(1, 20) });
  }
}

if (values.only !== "rates") for (const width of [4, 40]) await costs(width);
if (values.only !== "cost") rates();
