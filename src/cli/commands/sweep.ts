/** `trainyard sweep`: submits a sweep, follows it to its end, and prints the best trials. */
import type { Client, Sweep, SweepFrame, SweepImportance, SweepProgress, Trial } from "../../client/index.ts";
import { type Context, examples, type Register } from "../context.ts";
import { withServer } from "../embedded.ts";
import { EXIT } from "../exit.ts";
import { duration, significant } from "../figures.ts";
import { printNotes } from "../notes.ts";
import { readSpec } from "../spec-file.ts";
import { bar, type Terminal, table } from "../terminal.ts";

/** Best trials that are printed at the end. */
const SHOWN_TRIALS = 5;
/** Most important parameters that are printed at the end. */
const SHOWN_PARAMETERS = 10;
const BAR_WIDTH = 24;
const REDRAW_MS = 100;
/** On an output that cannot be redrawn: a line after every tenth of the trials. */
const PLAIN_LINES = 10;

export const registerSweep: Register = (program, context) => {
  program
    .command("sweep")
    .description("train many variants of a job, and keep the best; starts a server for it where none answers")
    .argument("<spec>", "file with the spec of a sweep as JSON; - is stdin")
    .option("--no-watch", "do not follow the sweep to its end")
    .addHelpText("after", examples("trainyard sweep sweep.json", "trainyard sweep sweep.json --no-watch"))
    .action(async (path: string, { watch }: { readonly watch: boolean }) => {
      process.exitCode = await sweep(context, path, watch);
    });
};

async function sweep(context: Context, path: string, watch: boolean): Promise<number> {
  const spec = await readSpec(path, context.input);
  return withServer(context, async ({ client, isEmbedded }) => {
    const submitted = await client.submitSweep(JSON.stringify(spec));
    printNotes(context, submitted.notes);
    // An embedded server ends with this command, so the sweep must end first.
    if (watch || isEmbedded) return followSweep(context, client, submitted);
    context.show(submitted, () => [`${submitted.id}  ${submitted.name}  ${submitted.state}`]);
    return EXIT.done;
  });
}

/** Shows a sweep until it ends, prints its best trials, and returns the exit code. Rejects as the client does. */
export async function followSweep(context: Context, client: Client, { id, name }: Sweep): Promise<number> {
  const detach = new AbortController();
  const onInterrupt = () => detach.abort();
  process.once("SIGINT", onInterrupt);
  try {
    const frames = client.watchSweep(id, { signal: detach.signal });
    if (context.json) for await (const frame of frames) context.out.print(JSON.stringify(frame));
    else await showFrames(context.out, name, frames);
  } finally {
    process.off("SIGINT", onInterrupt);
  }
  if (detach.signal.aborted) {
    context.err.print(`Detached; ${name} goes on as ${id}.`);
    return EXIT.interrupted;
  }
  const ended = await client.sweep(id);
  const importance = await client.sweepImportance(id);
  if (context.json) context.out.print(JSON.stringify({ type: "sweep", sweep: ended, importance }));
  else for (const line of await resultLines(client, ended, importance, context.out)) context.out.print(line);
  return ended.state === "succeeded" ? EXIT.done : EXIT.unsuccessful;
}

/** Whether the best trial has the greatest value. */
async function goalOf(client: Client, { id, progress: { best } }: Sweep): Promise<boolean> {
  if (!best) return false;
  const [least] = (await client.trials(id, { order_by: "value", state: "succeeded", limit: 1 })).data;
  return least?.value !== best.value;
}

async function showFrames(terminal: Terminal, name: string, frames: AsyncIterable<SweepFrame>): Promise<void> {
  let progress: SweepProgress | null = null;
  let startedAt = performance.now();
  let printed = 0;
  const draw = () => terminal.redraw([terminal.fit(progressLine(terminal, name, progress, performance.now() - startedAt))]);
  const timer = terminal.live ? setInterval(draw, REDRAW_MS) : undefined;
  try {
    for await (const frame of frames) {
      if (frame.type === "state" && frame.state === "running") startedAt = performance.now();
      if (frame.type !== "progress") continue;
      progress = frame;
      const reached = Math.floor((frame.done / frame.total) * PLAIN_LINES);
      if (terminal.live || reached === printed) continue;
      printed = reached;
      terminal.print(progressLine(terminal, name, progress, performance.now() - startedAt));
    }
  } finally {
    clearInterval(timer);
    if (terminal.live) draw();
    terminal.endRedraw();
  }
}

function progressLine(terminal: Terminal, name: string, progress: SweepProgress | null, ms: number): string {
  if (!progress) return `  ${name}  queued`;
  const { done, total, best, failed } = progress;
  const perSecond = done / (ms / 1000);
  const left = (total - done) / perSecond;
  const parts = [
    ...(terminal.live ? [bar(done / total, BAR_WIDTH, terminal)] : []),
    `${done}/${total} trials`,
    best ? `best ${significant(best.value)} (trial ${best.number})` : "",
    done > 0 ? `${significant(perSecond)} trials/s` : "",
    done > 0 && done < total && left >= 1 ? `${duration(left)} left` : "",
    failed > 0 ? `${failed} failed` : "",
  ];
  return `  ${terminal.paint.bold(name)}  ${parts.filter(Boolean).join("  ")}`;
}

async function resultLines(client: Client, sweep: Sweep, importance: SweepImportance, terminal: Terminal): Promise<string[]> {
  const { id, state, spec, job, error, transitions } = sweep;
  if (state !== "succeeded") return [`  ${terminal.paint.red(state)}: ${transitions.at(-1)?.reason ?? ""}`];
  const order = (await goalOf(client, sweep)) ? "-value" : "value";
  const { data } = await client.trials(id, { order_by: order, state: "succeeded", limit: SHOWN_TRIALS });
  const pointers = Object.keys(spec.parameters);
  const head = ["  trial", spec.objective.metric, ...(spec.folds ? ["spread"] : []), ...pointers];
  const rows = data.map((trial) => [
    `  ${trial.number}`,
    significant(trial.value ?? Number.NaN),
    ...(spec.folds ? [`± ${significant(spreadOf(trial))}`] : []),
    ...pointers.map((pointer) => valueText(trial.parameters[pointer])),
  ]);
  // An embedded server ends with this command, so the job must end first.
  const model = job ? (await client.wait(job)).model : null;
  const promoted = model ? [`  ${terminal.paint.bold("model")}  ${model.name}@${model.version}  ${model.id}`] : [];
  const best = table([head, ...rows], terminal);
  return ["", ...best, "", ...importanceLines(importance, terminal), ...promoted, ...(error ? [`  ${error}`] : [])];
}

/** The parameters that matter most; nothing where there is only one, or the trials say nothing. */
function importanceLines({ measure, data }: SweepImportance, terminal: Terminal): string[] {
  if (data.length < 2 || data.every(({ importance }) => importance === 0)) return [];
  const shown = data.slice(0, SHOWN_PARAMETERS);
  const rows = shown.map(({ pointer, importance }) => [
    `  ${pointer}`,
    `${Math.round(100 * importance)} %`,
    bar(importance, BAR_WIDTH, terminal),
  ]);
  return [...table([["  parameter", "importance", measure], ...rows], terminal), ""];
}

/** The standard deviation of the values of a trial's folds. */
function spreadOf({ fold_values: values, value: mean }: Trial): number {
  if (!values || mean === null || values.length < 2) return 0;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

const valueText = (value: unknown): string =>
  typeof value === "number" && !Number.isInteger(value) ? significant(value) : String(value ?? "");
