/** How a command ends: the exit codes, and what an error says on the terminal. */
import { CommanderError } from "commander";
import { ApiError, detailInWords, type ProblemDocument, UnreachableError } from "../client/error.ts";
import { cureInOptions } from "./notes.ts";
import type { Terminal } from "./terminal.ts";

/** Every exit code, as the help and docs/command-line.md name them. */
export const EXIT = {
  done: 0,
  /** The server refused the request, or something else went wrong. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** No server answers. */
  unreachable: 3,
  /** The followed job failed or was cancelled. */
  unsuccessful: 4,
  /** Ctrl-C; the followed job keeps training. */
  interrupted: 130,
} as const;

/** An error that is shown as one sentence, without a stack. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Returns the error of a command line that is wrong. */
export function usageError(message: string): CliError {
  return new CliError(message, EXIT.usage);
}

/** Prints an error and returns the exit code. */
export function reportError(error: unknown, terminal: Terminal, json: boolean): number {
  // Commander has already printed its own errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  terminal.endRedraw();
  if (error instanceof ApiError && json) terminal.print(JSON.stringify(error.problem));
  else for (const line of linesOf(error, terminal)) terminal.print(line);
  if (error instanceof UnreachableError) return EXIT.unreachable;
  return error instanceof CliError ? error.exitCode : EXIT.failed;
}

function linesOf(error: unknown, { paint }: Terminal): string[] {
  const say = (text: string) => `${paint.red("trainyard:")} ${text}`;
  if (error instanceof ApiError) return problemLines(error, say);
  if (error instanceof UnreachableError) return [say(error.message), "Start one with: trainyard serve"];
  return [say(error instanceof Error ? error.message : String(error))];
}

/** The commands in place of the routes that help, by code. Without one, nothing is said of the route. */
const COMMANDS: Readonly<Record<string, string>> = {
  list_jobs: "trainyard jobs --name finds one by its name",
  list_datasets: "trainyard datasets list lists them",
  list_models: "trainyard models lists them",
  list_aliases: "trainyard models lists them",
  list_versions: "trainyard models OF lists them all",
  list_sweeps: "trainyard sweeps lists them",
  list_schedules: "trainyard schedules lists them",
  list_schedule_runs: "trainyard schedules show lists those of a schedule",
  list_forgets: "trainyard forget list lists them",
  list_keys: "trainyard keys list lists them",
  list_workers: "trainyard workers lists them",
  show_job: "trainyard jobs show OF has its model",
};

function detailOf(problem: ProblemDocument): string {
  const { code = "", of = "" } = problem.cure ?? {};
  return detailInWords(problem, COMMANDS[code]?.replace("OF", () => of) ?? null);
}

/** The problem's title and detail, or each wrong field by its pointer. */
function problemLines({ problem, retryAfterS }: ApiError, say: (text: string) => string): string[] {
  const { title, status, errors = [] } = problem;
  const head = say(`${title} (${status})`);
  const wait = retryAfterS === null ? [] : [`  try again in ${retryAfterS} s`];
  if (errors.length === 0) return [head, `  ${detailOf(problem)}`, ...wait];
  return [head, ...errors.map((fault) => `  ${fault.pointer || "/"}: ${saidOf(fault)}`), ...wait];
}

/** What is wrong with a field. Of a table and its target, options say what helps; all else is in a file with a spec. */
function saidOf({ pointer, detail }: { readonly pointer: string; readonly detail: string }): string {
  return pointer === "/data/dataset/target" ? cureInOptions(detail) : detail;
}
