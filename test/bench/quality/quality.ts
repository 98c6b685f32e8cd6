/**
 * `npm run bench:quality`: the recipes of quality.json on real tables, over ten seeds, through the HTTP API: held-out accuracy
 * (r2 for a regression) beside what PyTorch reaches (quality_torch.py). Exits with 1 when a mean is below PyTorch's mean
 * minus two of its standard errors.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServerProcess } from "../../../src/cli/server-process.ts";
import { type Client, createClient } from "../../../src/client/client.ts";

interface Recipe {
  readonly data: string;
  readonly target: string;
  readonly task: "multiclass" | "binary" | "regression";
  readonly hidden: readonly number[];
  readonly act: "relu";
  readonly lr: number;
  readonly batch: number;
  readonly epochs: number;
  readonly metric: "accuracy" | "r2";
  readonly mean: number;
  readonly sd: number;
  readonly scores: readonly number[];
}

const SEEDS = 10;
const TASKS = { multiclass: "multiclass_classification", binary: "binary_classification", regression: "regression" } as const;

const read = (path: string) => readFile(new URL(path, import.meta.url));
const recipes = JSON.parse((await read("./quality.json")).toString()) as Recipe[];
/** The rows that the other side holds out for each seed: on 36 rows of wine, other rows alone move the mean by 0.01. */
const splits = JSON.parse((await read("./quality-splits.json")).toString()) as Record<string, number[][]>;
const dataDir = await mkdtemp(join(tmpdir(), "trainyard-quality-"));
const server = await startServerProcess({ ...process.env, TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: dataDir });
let below = 0;
try {
  const client = createClient(server.url);
  console.log("data           metric    Trainyard        PyTorch          mark");
  for (const recipe of recipes) below += report(recipe, await scoresOf(client, recipe)) ? 0 : 1;
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true });
}
process.exitCode = below === 0 ? 0 : 1;

async function scoresOf(client: Client, recipe: Recipe): Promise<number[]> {
  const csv = await read(`../../fixtures/datasets/${recipe.data}.csv`);
  const uploaded = await fetch(`${server.url}/v1/datasets?name=${recipe.data}`, {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: new Uint8Array(csv),
  });
  const { id } = (await uploaded.json()) as { id: string };
  return await Promise.all(Array.from({ length: SEEDS }, (_, seed) => scoreOf(client, recipe, id, seed)));
}

async function scoreOf(client: Client, recipe: Recipe, dataset: string, seed: number): Promise<number> {
  const hidden = recipe.hidden.flatMap((units) => [{ type: "linear" as const, units }, { type: recipe.act }]);
  const job = await client.submit({
    data: { dataset: { id: dataset, target: recipe.target } },
    task: TASKS[recipe.task],
    split: { validation_rows: splits[recipe.data]?.[seed] ?? [] },
    model: { layers: [...hidden, { type: "linear" }] },
    optimizer: { type: "adam", lr: recipe.lr },
    batch_size: recipe.batch,
    epochs: recipe.epochs,
    seed,
  });
  for await (const frame of client.watch(job.id))
    if (frame.type === "end" && frame.state !== "succeeded") throw new Error(JSON.stringify(frame));
  const { metrics } = await client.job(job.id);
  return Number(metrics?.final[`val_${recipe.metric}`]);
}

/** Prints a line; whether the mean reaches the mark. */
function report({ data, metric, mean, sd }: Recipe, scores: readonly number[]): boolean {
  const ours = meanOf(scores);
  const deviation = Math.sqrt(meanOf(scores.map((score) => (score - ours) ** 2)));
  const mark = mean - (2 * sd) / Math.sqrt(SEEDS);
  const figure = (centre: number, spread: number) => `${centre.toFixed(4)} ± ${spread.toFixed(4)}`;
  const reached = ours >= mark;
  console.log(
    `${data.padEnd(14)} ${metric.padEnd(9)} ${figure(ours, deviation)}  ${figure(mean, sd)}  ${mark.toFixed(4)} ${reached ? "✓" : "✗"}`,
  );
  return reached;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
