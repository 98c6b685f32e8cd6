/**
 * `npm run bench:tables [-- names [splits]]`: real tables through the HTTP API, with nothing but a file and its target. Trains on the
 * rows that tables.json does not hold out, predicts the others, and prints the scores beside scikit-learn's on the same rows: linear
 * or logistic regression, random forest, histogram gradient boosting and a multilayer perceptron, each with its defaults. AUC for two
 * classes, accuracy for more, R2 for a regression.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { startServerProcess } from "../../../src/cli/server-process.ts";
import { type Client, createClient } from "../../../src/client/client.ts";

const PEERS = ["linear", "rf", "hgb", "mlp"] as const;
type Scores = Readonly<Record<(typeof PEERS)[number], number>>;

interface TableTask {
  readonly target: string;
  /** b: two classes; m: more; r: a regression. */
  readonly kind: "b" | "m" | "r";
  readonly metric: "auc" | "accuracy" | "r2";
  readonly splits: readonly { readonly seed: number; readonly test_rows: readonly number[]; readonly scores: Scores }[];
}

const read = (path: string) => readFile(new URL(path, import.meta.url));
const tasks = JSON.parse((await read("./tables.json")).toString()) as Record<string, TableTask>;
const [chosen = "all", most = "3"] = process.argv.slice(2);
const names = chosen === "all" ? Object.keys(tasks) : chosen.split(",");

const dataDir = await mkdtemp(join(tmpdir(), "trainyard-tables-"));
const server = await startServerProcess({ ...process.env, TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: dataDir });
const rows: { readonly auto: number; readonly peers: Scores }[] = [];
try {
  const client = createClient(server.url);
  console.log(
    `${"table".padEnd(22)} split    auto  ${PEERS.map((peer) => peer.padStart(6)).join(" ")}  rank  expected  seconds`,
  );
  for (const name of names) {
    const task = tasks[name] as TableTask;
    const lines = gunzipSync(await read(`../../fixtures/tables/${name}.csv.gz`))
      .toString()
      .trimEnd()
      .split(/\r?\n/);
    for (const split of task.splits.slice(0, Number(most))) {
      const { score, expected, seconds } = await scoreOf(client, name, lines, task, split.test_rows);
      rows.push({ auto: score, peers: split.scores });
      const peers = PEERS.map((peer) => split.scores[peer].toFixed(4)).join(" ");
      const row = `${name.padEnd(22)} ${String(split.seed).padStart(5)}  ${score.toFixed(4)}  ${peers}`;
      console.log(`${row}  ${rankOf(score, split.scores)}     ${expected.padStart(8)}  ${seconds.toFixed(1).padStart(7)}`);
    }
  }
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true });
}

const best = (peers: Scores) => Math.max(...PEERS.map((peer) => peers[peer]));
const share = (test: (row: (typeof rows)[number]) => boolean) => rows.filter(test).length / rows.length;
console.log(`
mean rank of auto      ${mean(rows.map(({ auto, peers }) => rankOf(auto, peers))).toFixed(2)}
mean ranks of peers    ${PEERS.map((peer) => `${peer} ${mean(rows.map(({ auto, peers }) => peerRank(peer, auto, peers))).toFixed(2)}`).join(", ")}
mean score             auto ${mean(rows.map(({ auto }) => auto)).toFixed(4)}, ${PEERS.map((peer) => `${peer} ${mean(rows.map(({ peers }) => peers[peer])).toFixed(4)}`).join(", ")}
within .01 of the best ${(100 * share(({ auto, peers }) => auto >= best(peers) - 0.01)).toFixed(0)} %
worst against linear   ${Math.min(...rows.map(({ auto, peers }) => auto - peers.linear)).toFixed(4)}`);

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** 1 for the best of the five; ties share the better rank. */
function rankOf(score: number, peers: Scores): number {
  return 1 + PEERS.filter((peer) => peers[peer] > score).length;
}

function peerRank(own: (typeof PEERS)[number], auto: number, peers: Scores): number {
  return 1 + (auto > peers[own] ? 1 : 0) + PEERS.filter((peer) => peers[peer] > peers[own]).length;
}

/** Trains on the rows that are not held out, and scores the predictions of the others. */
async function scoreOf(
  client: Client,
  name: string,
  lines: readonly string[],
  { target, kind }: TableTask,
  heldOut: readonly number[],
): Promise<{ readonly score: number; readonly expected: string; readonly seconds: number }> {
  const [header, ...body] = lines as [string, ...string[]];
  const isHeldOut = new Set(heldOut);
  const csv = (kept: readonly string[]) => `${[header, ...kept].join("\n")}\n`;
  const file = new TextEncoder().encode(csv(body.filter((_, row) => !isHeldOut.has(row))));
  const dataset = await client.upload(file, { name, format: "csv" });
  const begun = performance.now();
  const job = await client.submit({ data: { dataset: { id: dataset.id, target } } });
  const done = await client.wait(job.id);
  const seconds = (performance.now() - begun) / 1000;
  if (!done.model) throw new Error(`${name}: ${done.state}: ${done.error?.detail}`);
  const model = await client.model(done.model.id);
  const test = csv(heldOut.map((row) => body[row] as string));
  const answers = await predict(done.model.id, test);
  const actual = targetsOf(
    heldOut.map((row) => body[row] as string),
    header,
    target,
  );
  const metrics = (model.score?.metrics ?? {}) as Record<string, number | null>;
  const expected = metrics[kind === "b" ? "roc_auc" : kind === "m" ? "accuracy" : "r2"];
  return { score: scored(kind, answers, actual, model.classes), expected: expected?.toFixed(4) ?? "", seconds };
}

/** The rows of a prediction as CSV: the given columns, then `prediction` and the probability of each class. */
async function predict(model: string, csv: string): Promise<Record<string, string>[]> {
  const answer = await fetch(`${server.url}/v1/models/${model}/predict`, {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: csv,
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return parse(text, { columns: true }) as Record<string, string>[];
}

/** The targets of lines; the tables have no line breaks within quotes. */
function targetsOf(lines: readonly string[], header: string, target: string): string[] {
  const records = parse(`${[header, ...lines].join("\n")}\n`, { columns: true }) as Record<string, string>[];
  return records.map((record) => record[target] as string);
}

function scored(
  kind: TableTask["kind"],
  answers: readonly Record<string, string>[],
  actual: readonly string[],
  classes: readonly string[],
): number {
  if (kind === "m") return mean(answers.map(({ prediction }, row) => (prediction === actual[row] ? 1 : 0)));
  if (kind === "r") {
    const values = actual.map(Number);
    const centre = mean(values);
    const squared = answers.reduce((sum, { prediction }, row) => sum + ((values[row] as number) - Number(prediction)) ** 2, 0);
    return 1 - squared / values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  }
  const positive = classes[1] as string;
  const ranked = answers
    .map((answer, row) => ({ p: Number(answer[`probability_${positive}`]), is: actual[row] === positive }))
    .sort((a, b) => a.p - b.p);
  let ranks = 0;
  for (let from = 0; from < ranked.length; ) {
    let to = from;
    while (to < ranked.length && ranked[to]?.p === ranked[from]?.p) to++;
    ranks += (ranked.slice(from, to).filter(({ is }) => is).length * (from + 1 + to)) / 2;
    from = to;
  }
  const positives = ranked.filter(({ is }) => is).length;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (ranked.length - positives));
}
