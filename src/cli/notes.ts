/** Notes in the terminal: what was guessed, left out or looks wrong, each with its cure. */
import type { Note } from "../client/index.ts";
import type { Context } from "./context.ts";

/** Prints notes, each with its cure, on stderr. */
export function printNotes({ err }: Context, notes: readonly Note[]): void {
  for (const { detail, cure } of notes) err.print(`${err.paint.yellow("note")}  ${detail} ${err.paint.dim(`(${cure})`)}`);
}
