/** Follows a sweep on the terminal to its end and prints its best trials; Ctrl-C stops following, not the sweep. */
import type { Client, Job, Sweep, SweepFrame, SweepImportance, Trial } from "../client/index.ts";
import { parameterLabels } from "../client/parameter-labels.ts";
import { isMaximized } from "../client/sweeps.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./exit.ts";
import { duration, significant } from "./figures.ts";
import { barLine, type Figure, fitFigures } from "./progress.ts";
import { bar, type Terminal, table } from "./terminal.ts";

/** Best trials that are printed at the end. */
const SHOWN_TRIALS = 5;
/** Most important parameters that are printed at the end. */
const SHOWN_PARAMETERS = 10;
const BAR_WIDTH = 24;
const REDRAW_MS = 100;
/** On an output that cannot be redrawn: a line after every tenth of the trials. */
const PLAIN_LINES = 10;

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
    context.err.print(`Detached; ${name} goes on. Follow it again with: trainyard sweeps watch ${id}`);
    return EXIT.interrupted;
  }
  const ended = await client.sweep(id);
  if (context.json) {
    const importance = await client.sweepImportance(id);
    context.out.print(JSON.stringify({ type: "sweep", sweep: ended, importance }));
    return exitOf(ended);
  }
  // An embedded server ends with this command, so the job must end first.
  for (const line of await resultLines(client, ended, client.wait, context.out)) context.out.print(line);
  return exitOf(ended);
}

const exitOf = ({ state }: Sweep): number => (state === "succeeded" ? EXIT.done : EXIT.unsuccessful);

/** The data of a sweep's line. Times are the server's, so that following a sweep from its middle shows its real speed. */
interface Tally {
  state: Sweep["state"];
  progress: Extract<SweepFrame, { type: "progress" }> | null;
  /** How long it has been running, without its pauses, up to the newest frame. */
  runningMs: number;
  since: number | null;
}

async function showFrames(terminal: Terminal, name: string, frames: AsyncIterable<SweepFrame>): Promise<void> {
  const tally: Tally = { state: "queued", progress: null, runningMs: 0, since: null };
  let printed = 0;
  const draw = () => terminal.redraw([liveLine(terminal, name, tally)]);
  const timer = terminal.live ? setInterval(draw, REDRAW_MS) : undefined;
  try {
    for await (const frame of frames) {
      count(tally, frame);
      if (terminal.live || frame.type !== "progress") continue;
      const reached = Math.floor((frame.done / frame.total) * PLAIN_LINES);
      if (reached === printed) continue;
      printed = reached;
      terminal.print(`  ${name}  ${fitFigures(figuresOf(tally), Number.POSITIVE_INFINITY)}`);
    }
  } finally {
    clearInterval(timer);
    if (terminal.live) draw();
    terminal.endRedraw();
  }
}

function count(tally: Tally, frame: SweepFrame): void {
  if (frame.type === "end") {
    tally.state = frame.state;
    return;
  }
  const at = Date.parse(frame.at);
  if (tally.since !== null) tally.runningMs += Math.max(0, at - tally.since);
  if (frame.type === "progress") tally.progress = frame;
  else tally.state = frame.state;
  tally.since = tally.state === "running" ? at : null;
}

function liveLine(terminal: Terminal, name: string, tally: Tally): string {
  const { done = 0, total = 1 } = tally.progress ?? {};
  return barLine(terminal, { title: name, titleWidth: name.length, share: done / total, figures: figuresOf(tally) });
}

function figuresOf({ state, progress, runningMs }: Tally): Figure[] {
  if (!progress) return [{ text: state, rank: 0 }];
  const { done, total, best, failed } = progress;
  const perSecond = done / (runningMs / 1000);
  const left = (total - done) / perSecond;
  const figures: Figure[] = [{ text: `${done}/${total} trials`, rank: 0 }];
  if (best) figures.push({ text: `best ${significant(best.value)}`, rank: 0 }, { text: `(trial ${best.number})`, rank: 4 });
  if (done > 0 && Number.isFinite(perSecond)) figures.push({ text: `${significant(perSecond)} trials/s`, rank: 3 });
  if (state === "running" && done > 0 && done < total && left >= 1) figures.push({ text: `${duration(left)} left`, rank: 1 });
  if (failed > 0) figures.push({ text: `${failed} failed`, rank: 2 });
  if (state !== "running" && state !== "succeeded") figures.push({ text: state, rank: 0 });
  return figures;
}

/** Returns the lines of a sweep's results: its best trials, the parameters that matter, and the model of the best, whose job `read` reads. */
export async function resultLines(
  client: Client,
  sweep: Sweep,
  read: (job: string) => Promise<Job>,
  terminal: Terminal,
): Promise<string[]> {
  const { state, job, error, transitions, progress } = sweep;
  const ended = transitions.at(-1)?.reason ?? "";
  const stopped = state === "failed" || state === "cancelled" ? [`  ${terminal.paint.red(state)}: ${ended}`] : [];
  if (progress.succeeded === 0) return stopped;
  const importance = await client.sweepImportance(sweep.id);
  const model = job ? (await read(job)).model : null;
  const promoted = model ? [`  ${terminal.paint.bold("model")}  ${model.name}@${model.version}  ${model.id}`] : [];
  const best = await bestLines(client, sweep, terminal);
  return [...stopped, "", ...best, "", ...importanceLines(importance, terminal), ...promoted, ...(error ? [`  ${error}`] : [])];
}

/** The best trials as a table. With folds, it has the spread of their values. */
async function bestLines(client: Client, { id, spec }: Sweep, terminal: Terminal): Promise<string[]> {
  const order = isMaximized(spec.objective) ? "-value" : "value";
  const { data } = await client.trials(id, { order_by: order, state: "succeeded", limit: SHOWN_TRIALS });
  const pointers = Object.keys(spec.parameters);
  const [first] = data;
  if (pointers.length === 0 && first?.fold_values) return foldLines(first, spec.objective.metric, terminal);
  const head = ["  trial", spec.objective.metric, ...(spec.folds ? ["spread"] : []), ...parameterLabels(pointers)];
  const rows = data.map((trial) => [
    `  ${trial.number}`,
    significant(trial.value ?? Number.NaN),
    ...(spec.folds ? [`± ${significant(spreadOf(trial))}`] : []),
    ...pointers.map((pointer) => valueText(trial.parameters[pointer])),
  ]);
  return table([head, ...rows], terminal);
}

/** The result of cross-validation: the mean and the spread, and the value of each fold. */
function foldLines(trial: Trial, metric: string, terminal: Terminal): string[] {
  const values = trial.fold_values ?? [];
  const mean = `${significant(trial.value ?? Number.NaN)} ± ${significant(spreadOf(trial))}`;
  const rows = values.map((value, index) => [`  ${index + 1}`, significant(value)]);
  return [
    `  ${metric}  ${terminal.paint.bold(mean)}  mean and standard deviation of ${values.length} folds`,
    "",
    ...table([["  fold", metric], ...rows], terminal),
  ];
}

/** The parameters that matter most; nothing if there is only one, or the trials say nothing. */
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
