/** Following one job on this terminal to its end, and what it came to; Ctrl-C leaves the job alone. */
import type { Client, Frame, Job } from "../client/index.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./exit.ts";
import { duration, percent, significant } from "./figures.ts";
import { showProgress } from "./progress.ts";
import { type Terminal, table } from "./terminal.ts";

/** Plain lines of a job that is followed where nothing can be redrawn. */
const PLAIN_LINES = 10;

export interface FollowOptions {
  /** What is said when Ctrl-C leaves a job. */
  readonly detached: (job: Job) => readonly string[];
  /** What is said below the results. */
  readonly next?: (job: Job) => readonly string[];
}

/** How to come back to a job. */
export function comeBack({ id, name }: Job): readonly string[] {
  return [`Detached; ${name} goes on. Come back with: trainyard watch ${id}`];
}

/** Shows a job until it ends, prints what it came to, and gives the exit code. */
export async function followJob(context: Context, client: Client, job: Job, options: FollowOptions): Promise<number> {
  const leave = new AbortController();
  const onInterrupt = () => leave.abort();
  process.once("SIGINT", onInterrupt);
  try {
    if (context.json) await printFrames(context, client.watch(job.id, { signal: leave.signal }));
    else {
      const watched = { id: job.id, title: job.name, epochs: job.spec.epochs };
      await showProgress(client, [watched], context.out, { signal: leave.signal, plainLines: PLAIN_LINES });
    }
    if (leave.signal.aborted) {
      for (const line of options.detached(job)) context.err.print(line);
      return EXIT.interrupted;
    }
  } finally {
    process.off("SIGINT", onInterrupt);
  }
  const finished = await client.job(job.id);
  if (context.json) context.out.print(JSON.stringify({ type: "job", job: finished }));
  else for (const line of [...resultLines(finished, context.out), ...(options.next?.(finished) ?? [])]) context.out.print(line);
  return finished.state === "succeeded" ? EXIT.done : EXIT.unsuccessful;
}

/** A frame a line. */
async function printFrames({ out }: Context, frames: AsyncIterable<Frame>): Promise<void> {
  for await (const frame of frames) out.print(JSON.stringify(frame));
}

/** What a finished job came to. */
function resultLines(job: Job, terminal: Terminal): string[] {
  const { state, error, model } = job;
  if (state !== "succeeded") {
    const at = error && error.epoch !== null ? ` (epoch ${error.epoch})` : "";
    return [`  ${terminal.paint.red(state)}${error ? `: ${error.detail}${at}` : ""}`];
  }
  const found = model ? [`  ${terminal.paint.bold("model")}  ${model.name}@${model.version}  ${model.id}`] : [];
  return ["", ...metricLines(job, terminal), "", ...found];
}

/** The last epoch's values: a line a metric, on the rows trained on and on those held out. */
function metricLines({ metrics, started_at: start, finished_at: end }: Job, terminal: Terminal): string[] {
  const final = metrics?.final ?? {};
  const names = ["loss", "accuracy", "balanced_accuracy", "precision", "recall", "f1", "mae", "rmse", "mape", "r2"] as const;
  const hasHeldOut = final.val_loss !== undefined;
  const rows = names.flatMap((name) => {
    const [train, heldOut] = [final[name], final[`val_${name}`]];
    if (train === undefined && heldOut === undefined) return [];
    return [[`  ${name}`, figure(name, train), ...(hasHeldOut ? [figure(name, heldOut)] : [])]];
  });
  const took = start && end ? `  in ${duration((Date.parse(end) - Date.parse(start)) / 1000)}` : "";
  const head = ["  ", "training", ...(hasHeldOut ? ["held out"] : [])];
  return [...table([head, ...rows], terminal), ...(took ? [terminal.paint.dim(took)] : [])];
}

function figure(name: string, value: number | string | undefined): string {
  if (value === undefined) return "";
  return name === "accuracy" ? percent(Number(value)) : significant(Number(value));
}
