/** What an audit of labels came to, on the terminal: the rows whose class is probably wrong. */
import type { Model } from "../client/index.ts";
import { percent } from "./figures.ts";
import { type Terminal, table } from "./terminal.ts";

type Labels = NonNullable<NonNullable<Model["evaluation"]>["labels"]>;

/** Rows that are shown; all of them are in the JSON. */
const SHOWN = 20;

/** Returns the lines of an audit: the doubtful rows, and how to correct them. Rows are counted from 1, as the page counts them. */
export function auditLines(
  { rows, repeats, folds, doubtful, labels }: Labels,
  dataset: string | null,
  terminal: Terminal,
): string[] {
  const times = repeats === 1 ? "once" : `${repeats} times`;
  const looked = terminal.paint.dim(
    `  ${rows} rows, cut into ${folds} folds ${times}; each was predicted by models that have not seen it`,
  );
  const suspects = labels.filter((label) => label.doubtful);
  if (suspects.length === 0) return ["", "  No label is doubtful.", looked];
  const shown = suspects
    .slice(0, SHOWN)
    .map(({ row, label, suggested, label_probability: own, suggested_probability: other }) => {
      return [`  ${row + 1}`, label, percent(own), suggested, percent(other)];
    });
  const more = doubtful - shown.length;
  const [first] = suspects;
  return [
    "",
    ...table([["  row", "label", "probability", "rather", "probability"], ...shown], terminal),
    ...(more > 0 ? [terminal.paint.dim(`  and ${more} more; show them with: trainyard models show --json`)] : []),
    "",
    `  ${doubtful === 1 ? "1 label is" : `${doubtful} labels are`} probably wrong: look at them before you correct them.`,
    looked,
    ...(dataset && first
      ? [`  correct with: trainyard datasets correct ${dataset} --set ${first.row + 1}=${first.suggested}`]
      : []),
  ];
}
