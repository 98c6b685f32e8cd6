/**
 * What monitoring costs over HTTP: `npm run bench:monitoring:http [-- --rounds 200] [--starts 3] [--columns 40] [--only CSV]`. Three servers, of
 * which one counts, answer the same requests in short rounds in turn, as processor-rounds.ts has it: prints the ratio of that one to the
 * others for each load, as soon as it is done. Storing what was counted takes some milliseconds about once a second whatever is asked: on a machine that others use too,
 * where a second has little of the processor, it is more of it. The bar is 1.05.
 */
import { parseArgs } from "node:util";
import { createDataDir, type LiveServer, startLiveServer } from "../../e2e/live-server.ts";
import { measureRounds, printRatios, quantile } from "../processor-rounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    starts: { type: "string", default: "3" },
    columns: { type: "string" },
    only: { type: "string", default: "" },
  },
});
const ROUNDS = Number(values.rounds);

/** A fractional part of a multiple of the golden ratio: as even as a uniform sample. */
const even = (index: number, factor: number) => (index * factor * 0.6180339887498949) % 1;
const cellAt = (index: number, column: number) =>
  column % 4 === 3 ? `label ${Math.floor(8 * even(index, column + 1))}` : Number((10 * even(index, column + 1)).toFixed(3));
async function trainModel({ client }: LiveServer, width: number): Promise<string> {
  const names = Array.from({ length: width }, (_, column) => `c${column}`);
  const lines = Array.from({ length: 1000 }, (_, row) => [...names.map((_, at) => cellAt(row, at)), row % 2 ? "yes" : "no"]);
  const csv = new TextEncoder().encode(`${[[...names, "y"], ...lines].join("\n")}\n`);
  const { id } = await client.upload(csv, { format: "csv", name: `width ${width}` });
  const job = await client.submit({
    data: { dataset: { id, target: "y" } },
    model: { layers: [{ type: "linear", units: 32 }, { type: "relu" }, { type: "linear" }] },
    optimizer: { type: "adam", lr: 0.01 },
    epochs: 3,
  } as never);
  return (await client.wait(job.id)).model?.id ?? "";
}

interface Load {
  readonly name: string;
  readonly type: string;
  readonly body: string;
  /** Requests of a burst. */
  readonly requests: number;
}

function loadsOf(width: number): readonly Load[] {
  const names = Array.from({ length: width }, (_, column) => `c${column}`);
  const row = (index: number) => names.map((_, column) => cellAt(index, column));
  const json = (rows: number, requests: number): Load => {
    const instances = Array.from({ length: rows }, (_, index) =>
      Object.fromEntries(row(index).map((cell, at) => [`c${at}`, cell])),
    );
    return {
      name: rows === 1 ? "1 row, JSON" : `${rows} rows, JSON`,
      type: "application/json",
      body: JSON.stringify({ instances }),
      requests,
    };
  };
  const lines = Array.from({ length: 2000 }, (_, index) => row(index).join(","));
  const csv = { name: "2,000 rows, CSV", type: "text/csv", body: `${names.join(",")}\n${lines.join("\n")}\n`, requests: 2 };
  return [json(1, 64), json(50, 32), csv].filter(({ name }) => name.includes(values.only));
}

/** By columns and load, by start, by server. */
const results = new Map<string, { readonly requests: number; readonly starts: number[][][] }>();
const SETTINGS = [{ TRAINYARD_MONITORING: "false" }, { TRAINYARD_MONITORING: "false" }, {}];

/** Prints what a load has taken in all starts so far. */
function report(name: string): void {
  const { requests, starts } = results.get(name) as { readonly requests: number; readonly starts: number[][][] };
  const off = quantile(
    starts.flatMap(([first = [], second = []]) => [quantile(first, 0.5), quantile(second, 0.5)]),
    0.5,
  );
  console.log(
    `${name}, ${starts.length} of ${values.starts} starts: ${Math.round((1000 * off) / requests)} µs without monitoring`,
  );
  printRatios(["without", "without again", "with"], starts);
}

for (let start = 0; start < Number(values.starts); start++) {
  const folders = await Promise.all(SETTINGS.map(() => createDataDir()));
  const servers: LiveServer[] = [];
  for (const [at, settings] of SETTINGS.entries())
    servers.push(await startLiveServer(folders[at]?.path ?? "", settings as Record<string, string>));
  for (const columns of values.columns ? [Number(values.columns)] : [4, 40]) {
    const models: string[] = [];
    for (const server of servers) models.push(await trainModel(server, columns));
    for (const { name, type, body, requests } of loadsOf(columns)) {
      const spent = await measureRounds(servers, ROUNDS, async (at) => {
        for (let request = 0; request < requests; request++) {
          const init = { method: "POST", headers: { "content-type": type }, body };
          const response = await fetch(`${servers[at]?.url}/v1/models/${models[at]}/predict`, init);
          await response.arrayBuffer();
          if (response.status !== 200) throw new Error(`status ${response.status}`);
        }
      });
      const key = `${columns} columns, ${name}`;
      const known = results.get(key) ?? { requests, starts: [] };
      known.starts.push(spent);
      results.set(key, known);
      report(key);
    }
  }
  for (const server of servers) await server.stop();
  for (const folder of folders) await folder.remove();
}
