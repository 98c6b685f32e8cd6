/** Notes in a terminal: what was guessed, left out or is odd, each with its cure. */
import type { Note } from "../client/index.ts";
import type { Context } from "./context.ts";

/** Prints notes on stderr, where they disturb no output. */
export function printNotes({ err }: Pick<Context, "err">, notes: readonly Note[]): void {
  for (const { detail, cure } of notes) err.print(`${err.paint.yellow("note")}  ${detail} ${err.paint.dim(`(${cure})`)}`);
}
