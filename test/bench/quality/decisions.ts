/**
 * `npm run bench:decisions [-- names [splits]]`: what a stored threshold is worth. Trains on the rows that tables.json does not hold out
 * with `decision: {"maximize": "f1"}`, predicts the others over the HTTP API as they come and with `threshold=0.5`, and prints F1 of both:
 * of the rarer class, and the mean over both classes (macro average), which is what the threshold maximises.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { startServerProcess } from "../../../src/cli/server-process.ts";
import { createClient } from "../../../src/client/client.ts";

interface TableTask {
  readonly target: string;
  readonly splits: readonly { readonly seed: number; readonly test_rows: readonly number[] }[];
}

const read = (path: string) => readFile(new URL(path, import.meta.url));
const tasks = JSON.parse((await read("./tables.json")).toString()) as Record<string, TableTask>;
const [chosen = "credit_data,mlc_churn", most = "3"] = process.argv.slice(2);

const dataDir = await mkdtemp(join(tmpdir(), "trainyard-decisions-"));
const server = await startServerProcess({ ...process.env, TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: dataDir });
const client = createClient(server.url);
try {
  console.log(
    "table                  split  threshold  F1 of the rarer class: stored   at .5    gain   macro: stored   at .5    gain",
  );
  for (const name of chosen.split(",")) {
    const task = tasks[name] as TableTask;
    const rounds = [];
    for (const { seed, test_rows } of task.splits.slice(0, Number(most))) {
      const figures = await round(name, task.target, test_rows);
      rounds.push(figures);
      console.log(line(name, String(seed), figures));
    }
    console.log(line(name, "mean", meanOf(rounds)));
  }
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true });
}

interface Figures {
  readonly threshold: number;
  /** F1 of the rarer class, and of both, by the stored threshold and by a half. */
  readonly rare: readonly [number, number];
  readonly macro: readonly [number, number];
}

async function round(name: string, target: string, heldOut: readonly number[]): Promise<Figures> {
  const text = gunzipSync(await read(`../../fixtures/tables/${name}.csv.gz`)).toString();
  const [header, ...body] = text.trimEnd().split(/\r?\n/) as [string, ...string[]];
  const isHeldOut = new Set(heldOut);
  const csv = (lines: readonly string[]) => `${[header, ...lines].join("\n")}\n`;
  const train = new TextEncoder().encode(csv(body.filter((_, row) => !isHeldOut.has(row))));
  const dataset = await client.upload(train, { name, format: "csv" });
  const data = { dataset: { id: dataset.id, target } };
  const job = await client.wait((await client.submit({ data, decision: { maximize: "f1" } })).id);
  if (!job.model) throw new Error(`${name}: ${job.state}: ${job.error?.detail}`);
  const { id } = job.model;
  const { classes, threshold } = await client.model(id);
  const test = csv(heldOut.map((row) => body[row] as string));
  const [stored, half] = [await predict(id, test, ""), await predict(id, test, "?threshold=0.5")];
  const truths = stored.map((row) => row[target] as string);
  const count = (label: string) => truths.filter((truth) => truth === label).length;
  const byCount = classes.toSorted((a, b) => count(a) - count(b));
  const rare = (rows: Rows) => f1(rows, truths, byCount[0] as string);
  const macro = (rows: Rows) => mean(classes.map((label) => f1(rows, truths, label)));
  return { threshold: threshold as number, rare: [rare(stored), rare(half)], macro: [macro(stored), macro(half)] };
}

type Rows = readonly Readonly<Record<string, string>>[];

async function predict(model: string, csv: string, query: string): Promise<Rows> {
  const headers = { "content-type": "text/csv" };
  const answer = await fetch(`${server.url}/v1/models/${model}/predict${query}`, { method: "POST", headers, body: csv });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return parse(text, { columns: true }) as Rows;
}

/** F1 of a class: the harmonic mean of its precision and recall. */
function f1(rows: Rows, truths: readonly string[], label: string): number {
  const said = rows.filter(({ prediction }) => prediction === label).length;
  const actual = truths.filter((truth) => truth === label).length;
  const hits = rows.filter(({ prediction }, row) => prediction === label && truths[row] === label).length;
  return (2 * hits) / (said + actual);
}

function line(name: string, split: string, { threshold, rare, macro }: Figures): string {
  const triple = ([stored, half]: readonly [number, number]) =>
    [stored, half, stored - half].map((value) => value.toFixed(4).padStart(7)).join(" ");
  return `${name.padEnd(22)} ${split.padStart(5)}     ${threshold.toFixed(4)}                        ${triple(rare)}         ${triple(macro)}`;
}

function meanOf(rounds: readonly Figures[]): Figures {
  const pair = (of: "rare" | "macro") => [0, 1].map((at) => mean(rounds.map((each) => each[of][at] as number)));
  return {
    threshold: mean(rounds.map(({ threshold }) => threshold)),
    rare: pair("rare") as [number, number],
    macro: pair("macro") as [number, number],
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
