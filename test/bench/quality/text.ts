/**
 * `npm run bench:text [-- splits]`: `medium` of tate_text.csv, grouped into its ten commonest values, from `title` and `artist`, through
 * the HTTP API. Trains on the rows that text.json does not hold out, predicts the others, and prints the accuracy beside that of
 * scikit-learn's TfidfVectorizer and LogisticRegression on the same rows (text_splits.py).
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { startServerProcess } from "../../../src/cli/server-process.ts";
import { type Client, createClient } from "../../../src/client/client.ts";

interface Tasks {
  readonly commonest: readonly string[];
  /** ten: rows of the ten commonest values alone; other: the other rows are a class. */
  readonly tasks: Readonly<
    Record<
      "ten" | "other",
      readonly { readonly seed: number; readonly test_rows: readonly number[]; readonly accuracy: number }[]
    >
  >;
}
type Row = Readonly<Record<"title" | "artist" | "medium", string>>;

const read = (path: string) => readFile(new URL(path, import.meta.url));
const { commonest, tasks } = JSON.parse((await read("./text.json")).toString()) as Tasks;
const table = parse(gunzipSync(await read("../../fixtures/text/tate_text.csv.gz")), { columns: true }) as Row[];
const most = Number(process.argv[2] ?? 3);

const dataDir = await mkdtemp(join(tmpdir(), "trainyard-text-"));
const server = await startServerProcess({ ...process.env, TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: dataDir });
try {
  const client = createClient(server.url);
  console.log("rows   split    auto  sklearn  difference  expected  seconds");
  for (const task of ["ten", "other"] as const) {
    const rows = table
      .filter(({ medium }) => medium !== "" && (task === "other" || commonest.includes(medium)))
      .map((row) => ({ ...row, medium: commonest.includes(row.medium) ? row.medium : "other" }));
    for (const { seed, test_rows, accuracy } of tasks[task].slice(0, most)) {
      const { score, expected, seconds } = await scoreOf(client, rows, new Set(test_rows));
      const figures = [score.toFixed(4), accuracy.toFixed(4).padStart(7), (score - accuracy).toFixed(4).padStart(10)];
      console.log(
        `${task.padEnd(6)} ${seed}       ${figures.join("  ")}  ${expected.padStart(8)}  ${seconds.toFixed(1).padStart(7)}`,
      );
    }
  }
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true });
}

/** Trains on the rows that are not held out, and counts the others that are predicted rightly. */
async function scoreOf(client: Client, rows: readonly Row[], heldOut: ReadonlySet<number>) {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const csv = rows.map(({ title, artist, medium }) => [title, artist, medium].map(quoted).join(","));
  const file = ["title,artist,medium", ...csv.filter((_, row) => !heldOut.has(row))].join("\n");
  const dataset = await client.upload(new TextEncoder().encode(file), { name: "tate", format: "csv" });
  const begun = performance.now();
  const job = await client.submit({ data: { dataset: { id: dataset.id, target: "medium" } } });
  const done = await client.wait(job.id);
  const seconds = (performance.now() - begun) / 1000;
  if (!done.model) throw new Error(`${done.state}: ${done.error?.detail}`);
  const model = await client.model(done.model.id);
  if (process.env.BENCH_DETAIL) for (const each of model.search?.candidates ?? []) console.log(JSON.stringify(each));
  const asked = rows.filter((_, row) => heldOut.has(row));
  const answer = await fetch(`${server.url}/v1/models/${model.id}/predict`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ instances: asked.map(({ title, artist }) => ({ title, artist })) }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  const { predictions } = (await answer.json()) as { readonly predictions: readonly { readonly label: string }[] };
  const hits = predictions.filter(({ label }, row) => label === asked[row]?.medium).length;
  const expected = (model.score?.metrics as { readonly accuracy?: number } | undefined)?.accuracy ?? Number.NaN;
  return { score: hits / asked.length, expected: expected.toFixed(4), seconds };
}
