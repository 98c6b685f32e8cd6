/**
 * `npm run bench:halving [-- names [trials [epochs [seeds]]]]`: halving with its defaults beside random search with whole trainings, the same trials, on
 * real tables over the HTTP API. Prints halving's share of the epochs, and whether its winner is random search's, or by how much its loss is
 * greater and which rank it has among the whole trainings.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { startServerProcess } from "../../../src/cli/server-process.ts";
import { createClient, type SweepSpec, type Trial } from "../../../src/client/index.ts";

const [chosen = "all", trials = "81", epochs = "81", seeds = "1"] = process.argv.slice(2);

const read = (path: string) => readFile(new URL(path, import.meta.url));
const tasks = JSON.parse((await read("../quality/tables.json")).toString()) as Record<string, { readonly target: string }>;
const SMALL = {
  iris: "species",
  wine: "cultivar",
  breast_cancer: "diagnosis",
  digits: "digit",
  diabetes: "progression",
  penguins: "species",
};
const targets: Record<string, string> = {
  ...SMALL,
  ...Object.fromEntries(Object.entries(tasks).map(([name, { target }]) => [name, target])),
};
const small = new Set(await readdir(new URL("../../fixtures/datasets/", import.meta.url)));

const dataDir = await mkdtemp(join(tmpdir(), "trainyard-halving-"));
const server = await startServerProcess({ ...process.env, TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: dataDir });
const client = createClient(server.url);
try {
  console.log("table                  seed  epochs' share  best found  loss of both         gap    rank");
  for (const name of chosen === "all" ? Object.keys(targets) : chosen.split(","))
    for (let seed = 0; seed < Number(seeds); seed++) await compare(name, seed);
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true });
}

async function compare(name: string, seed: number): Promise<void> {
  const csv = small.has(`${name}.csv`)
    ? await read(`../../fixtures/datasets/${name}.csv`)
    : gunzipSync(await read(`../../fixtures/tables/${name}.csv.gz`));
  const { id } = await client.upload(csv, { name, format: "csv" });
  const data = { dataset: { id, target: targets[name] as string } };
  const whole = await trialsOf(data, { type: "random" }, seed);
  const halved = await trialsOf(data, { type: "halving" }, seed);
  const ranked = ranking(whole);
  const winner = ranking(halved)[0] as Trial;
  const share = epochsOf(halved) / epochsOf(whole);
  const rank = ranked.findIndex(({ number }) => number === winner.number) + 1;
  const [best, found] = [ranked[0]?.value ?? Number.NaN, winner.value ?? Number.NaN];
  const losses = `${best.toFixed(4)} ${found.toFixed(4)}`.padEnd(18);
  console.log(
    `${name.padEnd(22)} ${String(seed).padStart(4)}  ${share.toFixed(3).padStart(13)}  ${(rank === 1 ? "yes" : "no").padStart(10)}  ${losses}  ${(found / best - 1).toFixed(4).padStart(6)}  ${String(rank).padStart(4)}`,
  );
}

/** The trials of a sweep that has ended. */
async function trialsOf(data: object, method: SweepSpec["method"], seed: number): Promise<readonly Trial[]> {
  const request = {
    job: {
      data,
      model: { layers: [{ type: "linear", units: 16 }, { type: "relu" }, { type: "linear" }] },
      optimizer: { type: "adam" },
      split: { validation: 0.25 },
      early_stopping: null,
      epochs: Number(epochs),
    },
    parameters: {
      "/optimizer/lr": { min: 1e-4, max: 0.1, scale: "log" },
      "/optimizer/weight_decay": { min: 1e-6, max: 0.1, scale: "log" },
      "/model/layers/0/units": { values: [4, 8, 16, 32] },
    },
    method,
    trials: Number(trials),
    promote: "none",
    seed,
  } as SweepSpec;
  const { id } = await client.submitSweep(request);
  const { state } = await client.waitForSweep(id);
  if (state !== "succeeded") throw new Error(`the sweep is ${state}`);
  return (await client.trials(id, { limit: 1000 })).data;
}

/** Trials that were trained to their ends, the best first. */
function ranking(all: readonly Trial[]): Trial[] {
  const whole = all.filter(({ state }) => state === "succeeded");
  return whole.toSorted((a, b) => (a.value as number) - (b.value as number) || a.number - b.number);
}

function epochsOf(all: readonly Trial[]): number {
  return all.reduce((sum, trial) => sum + trial.epochs, 0);
}
