/** How a command ends: the exit codes, and what an error says on the terminal. */
import { CommanderError } from "commander";
import { ApiError, UnreachableError } from "../client/error.ts";
import type { Terminal } from "./terminal.ts";

/** Every exit code, as the help and docs/command-line.md name them. */
export const EXIT = {
  done: 0,
  /** The server refused, or something else went wrong. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** No server answers. */
  unreachable: 3,
  /** The job that was waited for has failed, or was cancelled. */
  unsuccessful: 4,
  /** Ctrl-C; the job that was watched goes on. */
  interrupted: 130,
} as const;

/** An error that is worth one sentence, and no stack. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A mistake in how the command was called. */
export function usageError(message: string): CliError {
  return new CliError(message, EXIT.usage);
}

/** Prints what went wrong, and gives the code to exit with. */
export function reportError(error: unknown, terminal: Terminal, json: boolean): number {
  // Commander has printed its own errors already.
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

/** The problem's title and detail, and each field that is wrong by its pointer. */
function problemLines({ problem, retryAfterS }: ApiError, say: (text: string) => string): string[] {
  const { title, status, detail, errors = [] } = problem;
  const head = say(`${title} (${status})`);
  const wait = retryAfterS === null ? [] : [`  try again in ${retryAfterS} s`];
  if (errors.length === 0) return [head, `  ${detail}`, ...wait];
  return [head, ...errors.map((fault) => `  ${fault.pointer || "/"}: ${fault.detail}`), ...wait];
}
