/** Follows one job on the terminal to its end and prints its results; Ctrl-C stops following, not the job. */

import { divergenceFacts } from "../client/divergence.ts";
import type { Client, Frame, Job, JobRows, Model, Score } from "../client/index.ts";
import { baselineText, figureText, type ScoreFigure, scoreFigures, scoreSentence } from "../client/score.ts";
import { stepName } from "../client/search.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./exit.ts";
import { duration, percent, SCORE_FORMAT, significant } from "./figures.ts";
import { auditLines, curveLines, influenceLines, leaderboardLines, seedLines, shownRows } from "./leaderboard.ts";
import { showProgress } from "./progress.ts";
import { shellWord, type Terminal, table } from "./terminal.ts";

/** How many lines a job gets on an output that cannot be redrawn. */
const PLAIN_LINES = 10;

export interface FollowOptions {
  /** The lines that Ctrl-C prints. */
  readonly detached: (job: Job) => readonly string[];
  /** The lines below the results. */
  readonly next?: (job: Job) => readonly string[];
}

/** Returns the lines that say how to follow a job again. */
export function howToReturn({ id, name }: Job): readonly string[] {
  return [`Detached; ${name} keeps training. Follow it again with: trainyard watch ${id}`];
}

/** Shows a job until it ends, prints its results, and returns the exit code. Rejects as the client does. */
export async function followJob(context: Context, client: Client, job: Job, options: FollowOptions): Promise<number> {
  const detach = new AbortController();
  const onInterrupt = () => detach.abort();
  process.once("SIGINT", onInterrupt);
  try {
    if (context.json) await printFrames(context, client.watch(job.id, { signal: detach.signal }));
    else {
      const watched = { id: job.id, title: job.name, epochs: job.spec.epochs, step: stepName(job.spec) };
      await showProgress(client, [watched], context.out, { signal: detach.signal, plainLines: PLAIN_LINES });
    }
    if (detach.signal.aborted) {
      for (const line of options.detached(job)) context.err.print(line);
      return EXIT.interrupted;
    }
  } finally {
    process.off("SIGINT", onInterrupt);
  }
  const finished = await client.job(job.id);
  const model = finished.model && !context.json ? await foundBy(client, finished) : null;
  if (context.json) context.out.print(JSON.stringify({ type: "job", job: finished }));
  else
    for (const line of [
      ...resultLines(finished, model, await rowsBehind(client, finished, model), context.out),
      ...(options.next?.(finished) ?? []),
    ])
      context.out.print(line);
  return finished.state === "succeeded" ? EXIT.done : EXIT.unsuccessful;
}

/** Prints each frame as a line of JSON. */
async function printFrames({ out }: Context, frames: AsyncIterable<Frame>): Promise<void> {
  for await (const frame of frames) out.print(JSON.stringify(frame));
}

/** The model that a search or an audit found; null if the job's network was given, or its model is gone. */
async function foundBy(client: Client, { spec, model }: Job): Promise<Model | null> {
  return stepName(spec) === "epoch" || !model ? null : client.model(model.id).catch(() => null);
}

/** The findings of replaying a diverged job, and the command that trains it with the rate that survives. */
export function divergenceLines(error: Job["error"], { paint }: Pick<Terminal, "paint">): string[] {
  const facts = error?.divergence ? divergenceFacts(error.divergence) : [];
  return facts.map(({ label, text }) => `  ${paint.dim(label.padEnd(LABEL_WIDTH))}${text}`);
}

const LABEL_WIDTH = 8;

/** The cells of the rows behind the predictions of a job that asked for them; null if there are none, or its data is gone. */
async function rowsBehind(client: Client, { id }: Job, model: Model | null): Promise<JobRows | null> {
  const influence = model?.evaluation?.influence;
  const rows = influence ? shownRows(influence) : [];
  return rows.length === 0 ? null : client.jobRows(id, { rows }).catch(() => null);
}

/** The results of a finished job; `rows` are the cells of the rows behind its predictions. */
function resultLines(job: Job, foundModel: Model | null, rows: JobRows | null, terminal: Terminal): string[] {
  const { state, error, model } = job;
  if (state !== "succeeded") {
    const at = error && error.epoch !== null ? ` (epoch ${error.epoch})` : "";
    return [`  ${terminal.paint.red(state)}${error ? `: ${error.detail}${at}` : ""}`, ...divergenceLines(error, terminal)];
  }
  const influence = foundModel?.evaluation?.influence;
  if (influence) return [...influenceLines(influence, rows, terminal), ...tookLine(job, terminal)];
  const curve = foundModel?.evaluation?.learning_curve;
  if (curve) return [...curveLines(curve, terminal), ...tookLine(job, terminal)];
  const seeds = foundModel?.evaluation?.seeds;
  if (seeds) return [...seedLines(seeds, terminal), ...tookLine(job, terminal)];
  const labels = foundModel?.evaluation?.labels;
  if (labels) return [...auditLines(labels, auditedBy(job), terminal), ...tookLine(job, terminal)];
  const search = foundModel?.search;
  const found = model ? [`  ${terminal.paint.bold("model")}  ${model.name}@${model.version}  ${model.id}`] : [];
  return [
    "",
    ...(job.score ? scoreLines(job.score, terminal) : metricLines(job, terminal)),
    ...(search ? ["", ...leaderboardLines(search, terminal), ""] : []),
    ...tookLine(job, terminal),
    "",
    ...found,
  ];
}

/** The data set and column of an audit, as options of a command. */
function auditedBy({ spec: { data } }: Job): string | null {
  return "dataset" in data ? `${data.dataset.id} --column ${shellWord(data.dataset.target[0] as string)}` : null;
}

/** The score of the weights: a sentence, then each figure beside those of a constant answer and of a straight line. */
function scoreLines(score: Score, terminal: Terminal): string[] {
  const { linear } = score;
  const text = (value: number | null, figure: ScoreFigure) => figureText(value, figure, SCORE_FORMAT);
  const rows = scoreFigures(score).map((figure) => [
    `  ${figure.name}`,
    text(figure.model, figure),
    text(figure.baseline, figure),
    ...(linear.metrics ? [text(figure.linear, figure)] : []),
  ]);
  const head = ["  ", "model", baselineText(score), ...(linear.metrics ? ["straight line"] : [])];
  const without = linear.reason ? [terminal.paint.dim(`  no straight line to compare with: ${linear.reason}`)] : [];
  return [`  ${terminal.paint.bold(scoreSentence(score, SCORE_FORMAT))}`, "", ...table([head, ...rows], terminal), ...without];
}

/** The last epoch's metrics, a line each: on the training rows and on the held-out rows. For jobs of servers without scores. */
function metricLines({ metrics }: Job, terminal: Terminal): string[] {
  const final = metrics?.final ?? {};
  const names = ["loss", "accuracy", "balanced_accuracy", "precision", "recall", "f1", "mae", "rmse", "mape", "r2"] as const;
  const hasHeldOut = final.val_loss !== undefined;
  const rows = names.flatMap((name) => {
    const [train, heldOut] = [final[name], final[`val_${name}`]];
    if (train === undefined && heldOut === undefined) return [];
    return [[`  ${name}`, figure(name, train), ...(hasHeldOut ? [figure(name, heldOut)] : [])]];
  });
  return table([["  ", "training", ...(hasHeldOut ? ["held out"] : [])], ...rows], terminal);
}

function tookLine({ started_at: start, finished_at: end }: Job, { paint }: Terminal): string[] {
  return start && end ? [paint.dim(`  in ${duration((Date.parse(end) - Date.parse(start)) / 1000)}`)] : [];
}

function figure(name: string, value: number | string | undefined): string {
  if (value === undefined) return "";
  return name === "accuracy" ? percent(Number(value)) : significant(Number(value));
}
