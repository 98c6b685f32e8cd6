/**
 * `npm run quickstart`: a first minute with Trainyard. Starts the real server, submits the three models of the tutorial
 * through the public API, shows them learn, and stays up; with `--exit` it ends after the results, with status 1 if a model
 * misses its mark. Knows the server only by its API.
 */

import { drawField, FIELD_WIDTH } from "../src/cli/field.ts";
import { percent } from "../src/cli/figures.ts";
import { showProgress } from "../src/cli/progress.ts";
import { freePort, type ServerProcess, startServerProcess } from "../src/cli/server-process.ts";
import { createTerminal, sparkline, table } from "../src/cli/terminal.ts";
import type { Job, PredictionAnswer } from "../src/client/answers.ts";
import { type Client, createClient } from "../src/client/client.ts";
import { DEFAULTS } from "../src/server/defaults.ts";
import { LESSONS, type Verdict } from "./tutorial.ts";

const CURVE_POINTS = 24;

const environment = process.env;
const terminal = createTerminal(process.stdout, environment);
const exitsAtEnd = process.argv.includes("--exit");

try {
  process.exitCode = await quickstart();
} catch (error) {
  terminal.endRedraw();
  process.stderr.write(`quickstart: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

async function quickstart(): Promise<number> {
  const { paint } = terminal;
  terminal.print(`\n  ${paint.bold("Trainyard")}  ${paint.dim("training as a service, without Python")}\n`);
  const server = await startServer();
  stopOnSignals(server);
  terminal.print(`  ${paint.dim("server")}  ${server.url}\n`);
  const client = createClient(server.url);
  const jobs = await train(client);
  const passed = await report(client, jobs);
  const status = passed ? 0 : 1;
  if (exitsAtEnd) {
    await server.stop();
    return status;
  }
  tellNext(server.url, jobs);
  return (await server.ended) || status;
}

async function startServer(): Promise<ServerProcess> {
  const { TRAINYARD_HOST: host = DEFAULTS.host, TRAINYARD_PORT: wanted = DEFAULTS.port } = environment;
  const first = Number(wanted);
  // The server reports wrong settings better.
  if (!(first > 0)) return startServerProcess(environment);
  const port = await freePort(host, first);
  if (port !== first) terminal.print(`  ${terminal.paint.yellow(`port ${first} is taken, using ${port}`)}`);
  return startServerProcess({ ...environment, TRAINYARD_PORT: String(port) });
}

/** Passes signals on, and lets the server end in its own time. */
function stopOnSignals(server: ServerProcess): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      terminal.endRedraw();
      void server.stop().then((code) => process.exit(code));
    });
  }
}

async function train(client: Client): Promise<Job[]> {
  const submitted: Job[] = [];
  for (const { spec } of LESSONS) submitted.push(await client.submit(spec));
  const watched = submitted.map(({ id, spec }, index) => ({ id, title: LESSONS[index]?.title ?? id, epochs: spec.epochs }));
  await showProgress(client, watched, terminal);
  return Promise.all(submitted.map(({ id }) => client.job(id)));
}

/** Prints the results of the models. True if all reached their marks. */
async function report(client: Client, jobs: readonly Job[]): Promise<boolean> {
  const { paint } = terminal;
  const rows: string[][] = [["  model", "loss by epoch", "result", "mark", ""]];
  const verdicts: Verdict[] = [];
  for (const [index, lesson] of LESSONS.entries()) {
    const job = jobs[index] as Job;
    const verdict = job.model ? await lesson.judge(client, job, jobs.slice(0, index)) : failureOf(job);
    const sign = verdict.reached ? paint.green("✓") : paint.red("✗");
    verdicts.push(verdict);
    rows.push([`  ${lesson.title}`, paint.cyan(await curveOf(client, job)), verdict.result, paint.dim(verdict.mark), sign]);
  }
  terminal.print();
  for (const line of table(rows, terminal)) terminal.print(line);
  terminal.print();
  if (terminal.live) await showFields(client, jobs);
  await showPredictions(client, jobs);
  return verdicts.every(({ reached }) => reached);
}

function failureOf({ state, error }: Job): Verdict {
  return { result: error ? `${state}: ${error.detail}` : state, mark: "", reached: false };
}

async function curveOf(client: Client, job: Job): Promise<string> {
  const { series } = await client.metrics(job.id, { points: CURVE_POINTS * 4 });
  const losses = (series.loss ?? []).map(Number);
  const step = Math.max(1, losses.length / CURVE_POINTS);
  const shown = Array.from({ length: Math.min(CURVE_POINTS, losses.length) }, (_, i) => losses[Math.floor(i * step)] ?? 0);
  return sparkline(shown.map((loss) => Math.log10(loss)));
}

/** The two classifiers side by side: a straight boundary, and one that bends. */
async function showFields(client: Client, jobs: readonly Job[]): Promise<void> {
  const models = jobs.slice(1).flatMap(({ model }) => (model ? [model.id] : []));
  const fields = await Promise.all(models.map((id) => drawField(client, id, terminal)));
  const titles = ["logistic", "MLP 2-4-1"].map((title) => title.padEnd(FIELD_WIDTH));
  terminal.print(`  ${terminal.paint.dim(titles.slice(0, fields.length).join("  "))}`);
  for (const row of fields[0]?.keys() ?? []) terminal.print(`  ${fields.map((field) => field[row]).join("  ")}`);
  terminal.print();
}

async function showPredictions(client: Client, jobs: readonly Job[]): Promise<void> {
  const rows: string[][] = [["  model", "row", "prediction"]];
  for (const [index, { title, questions }] of LESSONS.entries()) {
    const model = jobs[index]?.model;
    if (!model) continue;
    const answers = await client.predict(model.id, questions);
    questions.forEach((row, at) => {
      rows.push([`  ${at === 0 ? title : ""}`, `[${row.join(", ")}]`, answerText(answers[at] as PredictionAnswer)]);
    });
  }
  for (const line of table(rows, terminal)) terminal.print(line);
  terminal.print();
}

function answerText(answer: PredictionAnswer): string {
  if ("label" in answer) return `class ${answer.label}, ${percent(answer.probability)}`;
  return [answer.value]
    .flat()
    .map((value) => Number(value).toFixed(3))
    .join(", ");
}

function tellNext(url: string, jobs: readonly Job[]): void {
  const { paint } = terminal;
  const model = jobs.at(-1)?.model?.id ?? "{id}";
  terminal.print(`  ${paint.bold("API docs")}   ${paint.blue(`${url}/docs`)}`);
  terminal.print(
    `  ${paint.bold("Predict")}    curl -s ${url}/v1/models/${model}/predict \\\n` +
      `               -H 'content-type: application/json' -d '{"instances": [[0.5, -0.2]]}'`,
  );
  terminal.print(`  ${paint.bold("Stop")}       Ctrl-C\n`);
}
