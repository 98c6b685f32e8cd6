/** The split of a job's rows in a request: five forms, distinguished by the field that only each of them has. */
import { z } from "zod";

const columnName = z.string().min(1).max(500);
const share = z.number().min(0).max(0.9);
const shares = { validation: share.default(0.2), test: share.default(0) };
const labels = z.array(z.union([z.string(), z.number(), z.boolean()])).max(1000);
/** The position of a row, counted from 0. */
export const position = z.int().nonnegative();
const positions = z.array(position).max(10_000_000);

const byShare = z.strictObject({ ...shares, stratify: z.boolean().optional() }).meta({
  description: "Shares of the rows, drawn by the seed. By default stratified by class if the target of a data set is one.",
});

const byGroup = z.strictObject({ group: columnName, ...shares, stratify: z.boolean().optional() }).meta({
  description:
    "By a column of the data set that says which rows belong together (a patient, a site): no group is on both sides. Rows are assigned to folds as in scikit-learn's StratifiedGroupKFold, or GroupKFold for a regression and with `stratify: false`. The first folds are validation and test; a fold of more than one and a half times its share comes last. Rows without a group are trained on.",
});

const byTime = z.strictObject({ time: columnName, ...shares }).meta({
  description:
    "By a column of dates or numbers of the data set: the last rows are the test part, those before them validation, as in scikit-learn's TimeSeriesSplit. Rows with the same time stay together: the cut is at the change of time nearest to the share. Rows without a time are trained on.",
});

const byLabel = z.strictObject({ column: columnName, validation: labels.default([]), test: labels.default([]) }).meta({
  description:
    "By a category, boolean or integer column of the data set: rows with these labels are held out. A number or a boolean means its text.",
});

const byPosition = z
  .strictObject({ validation_rows: positions.default([]), test_rows: positions.default([]) })
  .meta({ description: "The rows at these positions, counted from 0." });

export const split = z.union([byShare, byGroup, byTime, byLabel, byPosition]).meta({
  id: "Split",
  description:
    "Which rows are held out: validation is watched during training, test is used once, at the end. A column that splits the rows is not a feature, except a `group` or `time` column that `features` names.",
});

/** Replaces positions in a resolved spec if they are too many to list. */
const manyRows = z.strictObject({
  rows: z.int(),
  sha256: z.string().meta({ description: "SHA-256 of their positions as int32, in the order of the request." }),
});

const resolvedPositions = z.union([positions, manyRows]);

/** The split of a resolved spec. */
export const resolvedSplit = z
  .union([
    byShare,
    byGroup,
    byTime,
    byLabel,
    z.strictObject({ validation_rows: resolvedPositions, test_rows: resolvedPositions }),
  ])
  .meta({
    id: "ResolvedSplit",
    description:
      "The split with every default filled in. More than 1,000 positions are summarised; the job stores them separately.",
  });

export type ManyRows = z.output<typeof manyRows>;

/** A split in each of its forms, by the name of the form; `Rows` is the type that names rows by position. */
export interface SplitForms<Rows = number[]> {
  readonly shares: z.output<typeof byShare>;
  readonly group: z.output<typeof byGroup>;
  readonly time: z.output<typeof byTime>;
  readonly labels: z.output<typeof byLabel>;
  readonly positions: { validation_rows: Rows; test_rows: Rows };
}

export type SplitForm = keyof SplitForms;
export type Split = SplitForms[SplitForm];
export type ResolvedSplit = SplitForms<number[] | ManyRows>[SplitForm];

/** A split and its form, so that a switch or a table knows its fields. */
export type FormedSplit<Rows = number[]> = {
  readonly [F in SplitForm]: { readonly form: F; readonly split: SplitForms<Rows>[F] };
}[SplitForm];

/** Returns the form of a split. */
export function formOf<Rows = number[]>(given: SplitForms<Rows>[SplitForm]): FormedSplit<Rows> {
  if ("group" in given) return { form: "group", split: given };
  if ("time" in given) return { form: "time", split: given };
  if ("column" in given) return { form: "labels", split: given };
  if ("validation_rows" in given) return { form: "positions", split: given };
  return { form: "shares", split: given };
}

/** The column of a data set that a split uses, and the field that names it; null if it uses none. */
export function splitColumnOf(
  given: ResolvedSplit | null | undefined,
): { readonly name: string; readonly pointer: string } | null {
  if (!given) return null;
  const { form, split } = formOf(given);
  if (form === "group") return { name: split.group, pointer: "/split/group" };
  if (form === "time") return { name: split.time, pointer: "/split/time" };
  return form === "labels" ? { name: split.column, pointer: "/split/column" } : null;
}
