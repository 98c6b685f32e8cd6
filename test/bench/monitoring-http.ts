/**
 * What monitoring costs over HTTP: `npm run bench:monitoring:http [-- --rounds 40] [--columns 40]`. Two servers, of which one counts, answer the same requests
 * in short bursts in turn, one request at a time; the processor time of all threads of each is read before and after. Prints for each load
 * the ratio of the medians, and the quartiles of the ratios of the rounds. The bar is 1.05. Linux alone says what a process has used.
 */
import { readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createDataDir, type LiveServer, startLiveServer } from "../e2e/live-server.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "40" }, columns: { type: "string" } } });
const ROUNDS = Number(values.rounds);

/** A fractional part of a multiple of the golden ratio: as even as a uniform sample. */
const even = (index: number, factor: number) => (index * factor * 0.6180339887498949) % 1;
const cellAt = (index: number, column: number) =>
  column % 4 === 3 ? `label ${Math.floor(8 * even(index, column + 1))}` : Number((10 * even(index, column + 1)).toFixed(3));
const quantile = (numbers: readonly number[], share: number) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(share * (numbers.length - 1))] as number;

/** Processor time of all threads of a server so far, in milliseconds. */
function usedMs({ process: { pid } }: LiveServer): number {
  const folder = `/proc/${pid}/task`;
  const nanoseconds = readdirSync(folder).map((id) => Number(readFileSync(`${folder}/${id}/schedstat`, "utf8").split(" ")[0]));
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

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
  const csv = { name: "2,000 rows, CSV", type: "text/csv", body: `${names.join(",")}\n${lines.join("\n")}\n`, requests: 8 };
  return [json(1, 200), json(50, 200), csv];
}

const folders = [await createDataDir(), await createDataDir()];
const servers = [
  await startLiveServer(folders[0]?.path ?? "", { TRAINYARD_MONITORING: "false" }),
  await startLiveServer(folders[1]?.path ?? "", {}),
];

try {
  for (const columns of values.columns ? [Number(values.columns)] : [4, 40]) {
    const models: string[] = [];
    for (const server of servers) models.push(await trainModel(server, columns));
    for (const { name, type, body, requests } of loadsOf(columns)) {
      const spend = async (at: number): Promise<number> => {
        const server = servers[at] as LiveServer;
        const before = usedMs(server);
        for (let request = 0; request < requests; request++) {
          const init = { method: "POST", headers: { "content-type": type }, body };
          const response = await fetch(`${server.url}/v1/models/${models[at]}/predict`, init);
          await response.arrayBuffer();
          if (response.status !== 200) throw new Error(`status ${response.status}`);
        }
        return usedMs(server) - before;
      };
      for (const at of [0, 1, 1, 0, 0, 1]) await spend(at);
      const spent: [number[], number[]] = [[], []];
      // Each goes first as often as the other.
      for (let round = 0; round < ROUNDS; round++)
        for (const at of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) spent[at].push(await spend(at));
      const ratios = spent[1].map((on, round) => on / (spent[0][round] as number));
      const rounded = (value: number) => Number(value.toFixed(3));
      const line = {
        columns,
        load: name,
        off_us: Math.round((1000 * quantile(spent[0], 0.5)) / requests),
        ratio: rounded(quantile(spent[1], 0.5) / quantile(spent[0], 0.5)),
        ratio_of_least_tenth: rounded(quantile(spent[1], 0.1) / quantile(spent[0], 0.1)),
        quartiles: [rounded(quantile(ratios, 0.25)), rounded(quantile(ratios, 0.75))],
      };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
  }
} finally {
  for (const server of servers) await server.stop();
  for (const folder of folders) await folder.remove();
}
