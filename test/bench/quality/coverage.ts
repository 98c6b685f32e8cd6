/**
 * `npm run bench:coverage [-- splits [names]]`: how often intervals of 90 % hold the truth. Trains on four fifths of each regression table
 * with nothing but the file and its target, predicts the others over the HTTP API with `interval=0.9`, and prints the share of rows
 * whose target lies inside, and how wide intervals are beside the spread of the target.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { startServerProcess } from "../../../src/cli/server-process.ts";
import { createClient } from "../../../src/client/client.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";

const TARGETS: Readonly<Record<string, string>> = {
  concrete: "compressive_strength",
  Sacramento: "price",
  stackoverflow: "Salary",
};
const COVERAGE = 0.9;
const [splits = "20", chosen = Object.keys(TARGETS).join()] = process.argv.slice(2);

const dataDir = await mkdtemp(join(tmpdir(), "trainyard-coverage-"));
const server = await startServerProcess({ ...process.env, TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: dataDir });
const client = createClient(server.url);
try {
  const all: number[] = [];
  for (const name of chosen.split(",")) {
    const target = TARGETS[name] as string;
    const text = gunzipSync(await readFile(new URL(`../../fixtures/tables/${name}.csv.gz`, import.meta.url))).toString();
    const [header, ...lines] = text.trimEnd().split(/\r?\n/) as [string, ...string[]];
    const rounds: { readonly held: number; readonly width: number }[] = [];
    for (let split = 0; split < Number(splits); split++) rounds.push(await round(name, target, header, lines, split));
    const shares = rounds.map(({ held }) => held);
    all.push(...shares);
    const width = mean(rounds.map((each) => each.width));
    console.log(
      `${name.padEnd(16)} ${percent(mean(shares))} (${percent(Math.min(...shares))} to ${percent(Math.max(...shares))}), ${width.toFixed(2)} standard deviations wide`,
    );
  }
  console.log(`${"all".padEnd(16)} ${percent(mean(all))} over ${all.length} splits`);
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true });
}

async function round(name: string, target: string, header: string, lines: readonly string[], split: number) {
  const order = createRandom(streamKey(split, "bench/coverage")).permutation(lines.length);
  const most = Math.floor(lines.length / 5);
  const csv = (rows: Int32Array) => `${[header, ...Array.from(rows, (row) => lines[row])].join("\n")}\n`;
  const file = new TextEncoder().encode(csv(order.subarray(most)));
  const dataset = await client.upload(file, { name: `${name}-${split}`, format: "csv" });
  const job = await client.wait((await client.submit({ data: { dataset: { id: dataset.id, target } } })).id);
  if (!job.model) throw new Error(`${name}: ${job.state}: ${job.error?.detail}`);
  const answer = await fetch(`${server.url}/v1/models/${job.model.id}/predict?interval=${COVERAGE}`, {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: csv(order.subarray(0, most)),
  });
  if (!answer.ok) throw new Error(await answer.text());
  const rows = parse(await answer.text(), { columns: true }) as Record<string, string>[];
  const truths = rows.map((row) => Number(row[target]));
  const held = mean(rows.map(({ lower, upper }, row) => Number(between(truths[row] as number, Number(lower), Number(upper)))));
  const spread = Math.sqrt(mean(truths.map((value) => (value - mean(truths)) ** 2)));
  return { held, width: mean(rows.map(({ lower, upper }) => Number(upper) - Number(lower))) / spread };
}

function between(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
