/** Progress of jobs, from the frames of their streams: a live bar each, or plain lines on an output that cannot be redrawn. */

import type { Client, Frame, JobState } from "../client/index.ts";
import type { StepName } from "../client/search.ts";
import { duration, percent, significant } from "./figures.ts";
import { bar, type Terminal } from "./terminal.ts";

export interface WatchedJob {
  readonly id: string;
  readonly title: string;
  readonly epochs: number;
  /** The name of an epoch: in a search, each is a candidate. */
  readonly step?: StepName;
}

export interface ProgressOptions {
  /** Aborting it stops following; the jobs keep training. */
  readonly signal?: AbortSignal;
  /** Plain lines per job, besides its last. */
  readonly plainLines?: number;
  /** Called with each frame. */
  readonly onFrame?: (frame: Frame) => void;
}

interface Tally {
  readonly job: WatchedJob;
  epoch: number;
  trainingMs: number;
  state: JobState;
  loss: number;
  /** For a search: the loss of the average so far. */
  average: number;
  /** The metric that scores the task: accuracy, else r2. */
  score: readonly [name: string, value: number] | null;
}

const REDRAW_MS = 40;
/** On an output that cannot be redrawn: a line after every quarter of the epochs. */
const PLAIN_LINES = 4;
const MIN_BAR = 8;
const LONGEST_BAR = 30;

/** Follows jobs until all have ended or `signal` aborts. Rejects as the client's `watch` does. */
export async function showProgress(
  client: Client,
  jobs: readonly WatchedJob[],
  terminal: Terminal,
  options: ProgressOptions = {},
): Promise<void> {
  const titleWidth = Math.max(...jobs.map(({ title }) => title.length));
  const tallies = jobs.map((job): Tally => {
    return { job, epoch: 0, trainingMs: 0, state: "queued", loss: Number.NaN, average: Number.NaN, score: null };
  });
  const draw = () => terminal.redraw(tallies.map((tally) => liveLine(tally, titleWidth, terminal)));
  const timer = terminal.live ? setInterval(draw, REDRAW_MS) : undefined;
  try {
    await Promise.all(tallies.map((tally) => follow(client, tally, titleWidth, terminal, options)));
  } finally {
    clearInterval(timer);
    if (terminal.live) draw();
    terminal.endRedraw();
  }
}

async function follow(
  client: Client,
  tally: Tally,
  titleWidth: number,
  terminal: Terminal,
  { signal, plainLines = PLAIN_LINES, onFrame }: ProgressOptions,
): Promise<void> {
  let part = 0;
  for await (const frame of client.watch(tally.job.id, signal ? { signal } : {})) {
    count(tally, frame);
    onFrame?.(frame);
    const reached = Math.floor((tally.epoch / tally.job.epochs) * plainLines);
    // A job that ends early still prints its last line.
    if (terminal.live || (reached === part && !(frame.type === "end" && part < plainLines))) continue;
    part = frame.type === "end" ? plainLines : reached;
    terminal.print(`  ${tally.job.title.padEnd(titleWidth)}  ${figures(tally)}`);
  }
}

function count(tally: Tally, frame: Frame): void {
  if (frame.type !== "metrics") {
    tally.state = frame.state;
    return;
  }
  const last = (name: "loss" | "val_loss" | "accuracy" | "r2") => {
    const value = frame.series[name]?.at(-1);
    return value === undefined ? null : Number(value);
  };
  tally.epoch = frame.to;
  tally.loss = last("loss") ?? tally.loss;
  tally.average = last("val_loss") ?? tally.average;
  const [accuracy, r2] = [last("accuracy"), last("r2")];
  if (accuracy !== null) tally.score = ["accuracy", accuracy];
  else if (r2 !== null) tally.score = ["r2", r2];
  for (const ms of frame.series.epoch_ms ?? []) tally.trainingMs += Number(ms);
}

/** A figure of a line, and its rank: when a line is too long, the figures with the greatest rank are dropped first. Rank 0 stays. */
export interface Figure {
  readonly text: string;
  readonly rank: number;
}

/** The figures of a job, in at most `width` characters if enough can be dropped. */
const figures = (tally: Tally): string => fitFigures(figuresOf(tally), Number.POSITIVE_INFINITY);

/** Figures as a text of at most `width` characters, if enough can be dropped. */
export function fitFigures(all: readonly Figure[], width: number): string {
  const kept = [...all];
  const text = () => kept.map((figure) => figure.text).join("  ");
  while (text().trimEnd().length > width) {
    const last = kept.reduce((most, { rank }, index) => (rank > (kept[most] as Figure).rank ? index : most), 0);
    if ((kept[last] as Figure).rank === 0) break;
    kept.splice(last, 1);
  }
  return text();
}

function figuresOf(tally: Tally): Figure[] {
  const { job, epoch, trainingMs, state } = tally;
  const { step = "epoch" } = job;
  const digits = String(job.epochs).length;
  const parts: Figure[] = [{ text: `${step} ${String(epoch).padStart(digits)}/${job.epochs}`, rank: 0 }];
  if (epoch > 0) {
    parts.push(...(step === "candidate" || step === "cut" ? searchFigures(tally) : lossFigures(tally)));
    const leftS = (((job.epochs - epoch) / epoch) * trainingMs) / 1000;
    if (state === "running" && leftS >= 1)
      parts.push({ text: `${duration(leftS)} left`.padStart(step !== "epoch" ? 10 : 14), rank: 1 });
    if (trainingMs > 0 && step === "epoch")
      parts.push({ text: `${speedText((epoch / trainingMs) * 1000)} epochs/s`.padStart(17), rank: 3 });
  }
  if (state !== "succeeded" && state !== "running") parts.push({ text: state, rank: 0 });
  return parts;
}

const lossFigures = ({ loss, score }: Tally): Figure[] => [
  { text: `loss ${significant(loss)}`.padEnd(15), rank: 2 },
  { text: scoreText(score).padEnd(16), rank: 2 },
];

/** The loss of the newest candidate beside that of the average so far: a candidate alone is rarely the best. */
const searchFigures = ({ loss, average }: Tally): Figure[] => [
  { text: `loss ${significant(loss)}`.padEnd(11), rank: 3 },
  { text: `average ${significant(average)}`.padEnd(14), rank: 2 },
];

function speedText(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(2) : Math.round(perSecond).toLocaleString("en");
}

function scoreText(score: Tally["score"]): string {
  if (!score) return "";
  const [name, value] = score;
  return name === "accuracy" ? `accuracy ${percent(value)}` : `${name} ${value.toFixed(3)}`;
}

function liveLine(tally: Tally, titleWidth: number, terminal: Terminal): string {
  const { title, epochs } = tally.job;
  return barLine(terminal, { title, titleWidth, share: tally.epoch / epochs, figures: figuresOf(tally) });
}

export interface BarLine {
  readonly title: string;
  /** In characters. */
  readonly titleWidth: number;
  /** The finished share, 0..1. */
  readonly share: number;
  readonly figures: readonly Figure[];
}

/** Returns a line of progress that fits the terminal: a title, a bar if there is room, and figures. */
export function barLine(terminal: Terminal, { title: whole, titleWidth, share, figures: all }: BarLine): string {
  // A long title leaves half a line to the figures.
  const shown = Math.min(titleWidth, Math.floor(terminal.columns / 2));
  const title = terminal.paint.bold((whole.length > shown ? `${whole.slice(0, shown - 1)}…` : whole).padEnd(shown));
  const room = terminal.columns - shown - 4;
  const text = fitFigures(all, room);
  const width = Math.min(LONGEST_BAR, room - text.length - 2);
  // Text comes before the bar: on a narrow terminal a line is complete without one.
  if (width < MIN_BAR) return terminal.fit(`  ${title}  ${text}`);
  return terminal.fit(`  ${title}  ${bar(share, width, terminal)}  ${text}`);
}
