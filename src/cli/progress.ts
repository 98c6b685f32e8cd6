/** Progress of jobs, from the frames of their streams: a live bar each, or plain lines where nothing can be redrawn. */
import type { Frame } from "../client/answers.ts";
import type { Client } from "../client/client.ts";
import { bar, type Terminal } from "./terminal.ts";

export interface WatchedJob {
  readonly id: string;
  readonly title: string;
  readonly epochs: number;
}

interface Tally {
  readonly job: WatchedJob;
  epoch: number;
  trainingMs: number;
  state: string;
  loss: number;
  /** The metric that says most of the task: accuracy, or else r2. */
  score: readonly [name: string, value: number] | null;
}

const REDRAW_MS = 40;
/** A plain line after every quarter of the epochs. */
const PLAIN_STEPS = 4;

/** Follows jobs until all have ended. */
export async function showProgress(client: Client, jobs: readonly WatchedJob[], terminal: Terminal): Promise<void> {
  const titleWidth = Math.max(...jobs.map(({ title }) => title.length));
  const tallies = jobs.map((job): Tally => {
    return { job, epoch: 0, trainingMs: 0, state: "queued", loss: Number.NaN, score: null };
  });
  const draw = () => terminal.redraw(tallies.map((tally) => liveLine(tally, titleWidth, terminal)));
  const timer = terminal.live ? setInterval(draw, REDRAW_MS) : undefined;
  try {
    await Promise.all(tallies.map((tally) => follow(client, tally, titleWidth, terminal)));
  } finally {
    clearInterval(timer);
    if (terminal.live) draw();
    terminal.endRedraw();
  }
}

async function follow(client: Client, tally: Tally, titleWidth: number, terminal: Terminal): Promise<void> {
  let quarter = 0;
  for await (const frame of client.watch(tally.job.id)) {
    count(tally, frame);
    const reached = Math.floor((tally.epoch / tally.job.epochs) * PLAIN_STEPS);
    if (terminal.live || reached === quarter) continue;
    quarter = reached;
    terminal.print(`  ${tally.job.title.padEnd(titleWidth)}  ${figures(tally)}`);
  }
}

function count(tally: Tally, frame: Frame): void {
  if (frame.type !== "metrics") {
    tally.state = frame.state;
    return;
  }
  const last = (name: "loss" | "accuracy" | "r2") => {
    const value = frame.series[name]?.at(-1);
    return value === undefined ? null : Number(value);
  };
  tally.epoch = frame.to;
  tally.loss = last("loss") ?? tally.loss;
  const [accuracy, r2] = [last("accuracy"), last("r2")];
  if (accuracy !== null) tally.score = ["accuracy", accuracy];
  else if (r2 !== null) tally.score = ["r2", r2];
  for (const ms of frame.series.epoch_ms ?? []) tally.trainingMs += Number(ms);
}

function figures({ job, epoch, loss, score, trainingMs, state }: Tally): string {
  const digits = String(job.epochs).length;
  const parts = [`epoch ${String(epoch).padStart(digits)}/${job.epochs}`];
  if (epoch > 0) {
    parts.push(`loss ${significant(loss)}`.padEnd(15), scoreText(score).padEnd(16));
    if (trainingMs > 0) parts.push(`${Math.round((epoch / trainingMs) * 1000).toLocaleString("en")} epochs/s`.padStart(17));
  }
  if (state !== "succeeded" && state !== "running") parts.push(state);
  return parts.join("  ");
}

function scoreText(score: Tally["score"]): string {
  if (!score) return "";
  const [name, value] = score;
  return name === "accuracy" ? `accuracy ${(value * 100).toFixed(1)} %` : `${name} ${value.toFixed(3)}`;
}

/** Four digits that matter, without an exponent where that can be. */
function significant(value: number): string {
  return Math.abs(value) >= 1e-4 && Math.abs(value) < 1e5 ? value.toPrecision(4) : value.toExponential(2);
}

function liveLine(tally: Tally, titleWidth: number, terminal: Terminal): string {
  const text = figures(tally);
  const width = Math.max(8, Math.min(30, terminal.columns - titleWidth - 76));
  const title = terminal.paint.bold(tally.job.title.padEnd(titleWidth));
  return `  ${title}  ${bar(tally.epoch / tally.job.epochs, width, terminal)}  ${text}`;
}
