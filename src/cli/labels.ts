/** Labels on the command line: `team=a` sets a tag, `team=` removes it. */
import { InvalidArgumentError } from "commander";
import type { Job, Sweep } from "../client/index.ts";

/** Tags to set, and those to remove as null. */
export type TagArguments = Readonly<Record<string, string | null>>;

/** Reads one more `name=value`; for an option or argument that may be there several times. */
export function tagsOf(text: string, known: TagArguments = {}): TagArguments {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("write name=value, or name= to remove the tag.");
  const value = text.slice(at + 1);
  return { ...known, [text.slice(0, at)]: value === "" ? null : value };
}

/** The labels of a job or a sweep as lines. */
export function labelLines({ tags, note }: Pick<Job | Sweep, "tags" | "note">): string[] {
  const shown = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  return [...(shown.length > 0 ? [`tags  ${shown.join("  ")}`] : []), ...(note === null ? [] : [`note  ${note}`])];
}
