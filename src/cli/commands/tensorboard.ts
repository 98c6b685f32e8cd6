/** `trainyard tensorboard`: event files of jobs as they train, for `tensorboard --logdir`. */
import { mkdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiError, UnreachableError } from "../../client/index.ts";
import { type Context, examples, type Register } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { findJob } from "../references.ts";
import { type Follower, followRuns, type RunNews } from "../tensorboard/follow-runs.ts";
import { shellWord } from "../terminal.ts";
import { wholeNumber } from "../values.ts";

/** Longest wait for a server that does not answer. */
const MAX_DELAY_S = 30;

interface Options {
  readonly filter?: string;
  readonly all?: true;
  readonly limit: number;
  readonly once?: true;
  readonly interval: number;
}

export const registerTensorBoard: Register = (program, context) => {
  program
    .command("tensorboard")
    .description("keep event files of running jobs up to date for tensorboard --logdir; Ctrl-C ends it, not the jobs")
    .argument("<folder>", "where to write them, a folder for each job")
    .argument("[jobs...]", "ids or names (the newest job of each); default: every running job")
    .option("-f, --filter <conditions>", "only jobs that meet these conditions, such as 'tags.team = \"a\"'")
    .option("-a, --all", "include jobs that have already ended")
    .option("-l, --limit <count>", "how many of the newest jobs to look through", wholeNumber(1, 10_000), 200)
    .option("-i, --interval <seconds>", "how often to look for new epochs", wholeNumber(1, 3600), 2)
    .option("--once", "write what there is now, and exit")
    .addHelpText(
      "after",
      examples(
        "trainyard tensorboard runs",
        "trainyard tensorboard runs --all --limit 50 --once",
        `trainyard tensorboard runs --filter 'tags.team = "a"'`,
      ),
    )
    .action((folder: string, jobs: readonly string[], options: Options) => keepUpToDate(context, folder, jobs, options));
};

async function keepUpToDate(context: Context, folder: string, references: readonly string[], options: Options) {
  const client = context.client();
  const jobs = await Promise.all(references.map((reference) => findJob(client, reference)));
  if (jobs.length > 0 && options.filter !== undefined)
    throw new CliError("name jobs, or choose them with --filter, but not both");
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EEXIST" ? new CliError(`${folder} is a file: name a folder`) : error;
  });
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, onSignal);
  const { filter, limit, all = false, once, interval } = options;
  const tell = (news: RunNews) => {
    const terminal = news.type === "unwritable" && !context.json ? context.err : context.out;
    terminal.print(context.json ? JSON.stringify(news) : lineOf(news));
  };
  const query = { ...(jobs.length > 0 && { jobs }), filter, limit, all };
  const follower = followRuns(client, folder, query, { nowMs: Date.now, tell, signal: stop.signal });
  if (!context.json) context.err.print(`Writing into ${folder}; look at it with: tensorboard --logdir ${shellWord(folder)}`);
  try {
    // The first pass fails as any command does: nothing is written yet.
    let left = await follower.pass();
    while (!once && (left > 0 || jobs.length === 0)) {
      await sleep(interval * 1000, undefined, { signal: stop.signal });
      left = await passWithRetries(context, follower, interval, stop.signal);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    if (!context.json) context.err.print("Stopped; start it again to continue where it was.");
  } finally {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
    if (follower.unwritten > 0) process.exitCode = EXIT.failed;
  }
}

/** A pass, tried again for as long as the server is away. */
async function passWithRetries({ err }: Context, follower: Follower, intervalS: number, signal: AbortSignal): Promise<number> {
  for (let delayS = intervalS, isTold = false; ; delayS = Math.min(delayS * 2, MAX_DELAY_S)) {
    try {
      const left = await follower.pass();
      if (isTold) err.print("The server answers again.");
      return left;
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      if (!isTold) err.print(`${(error as Error).message}; trying again until it answers`);
      isTold = true;
      await sleep(delayS * 1000, undefined, { signal });
    }
  }
}

/** Whether a later try may succeed. */
function isPassing(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  return error instanceof ApiError && (error.problem.status >= 500 || [408, 429].includes(error.problem.status));
}

const WORDS: Readonly<Record<RunNews["type"], string>> = {
  following: "following",
  ended: "ended",
  gone: "deleted on the server",
  unwritable: "cannot be written",
};

function lineOf({ type, run, epochs, error }: RunNews): string {
  if (error !== undefined) return `${run}  ${WORDS[type]}: ${error}`;
  return `${run}  ${WORDS[type]}, ${epochs} ${epochs === 1 ? "epoch" : "epochs"} written`;
}
