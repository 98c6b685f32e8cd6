/** What to know before a model is trusted: one table of rules over the notes and metrics of its job. Pure. */
import type { Job } from "../../client/answers.ts";
import type { Note, NoteCode } from "../../domain/notes.ts";
import { type JsonObject, withValue } from "../request/draft.ts";
import { formatCount, formatValue } from "../shell/format.ts";

/** Another job, which avoids the problem. */
export interface Remedy {
  readonly label: string;
  /** Returns the spec of the job, changed. */
  readonly change: (spec: JsonObject) => JsonObject;
}

export interface Warning {
  readonly key: string;
  readonly title: string;
  readonly detail: string;
  /** What to do about it; null if the remedy says it. */
  readonly cure: string | null;
  readonly remedy: Remedy | null;
}

/** The input of rules. */
export type Warned = Pick<Job, "spec" | "metrics">;

interface NoteRule {
  readonly title: string;
  readonly remedy?: (note: Note, job: Warned) => Remedy | null;
}

/** The notes that are warnings, the most serious first; others are shown beside the data. */
const NOTE_RULES: Partial<Record<NoteCode, NoteRule>> = {
  column_predicts_target: { title: "A column gives the target away", remedy: withoutColumn },
  id_like_column: { title: "A column is like an id", remedy: withoutColumn },
  imbalanced_classes: { title: "One class outweighs the others" },
  rare_class: { title: "A class has few rows" },
  rows_have_times: { title: "Rows may have times", remedy: splitByTime },
  rows_have_groups: { title: "Rows may belong together", remedy: splitByGroup },
  class_may_be_missing: { title: "A class may be no class" },
  rows_without_target: { title: "Rows were left out" },
  column_without_values: { title: "A column is empty", remedy: withoutColumn },
};

const ORDER = Object.keys(NOTE_RULES);

/** Whether a note is shown as a warning at the head of its model. */
export const isWarning = ({ code }: Pick<Note, "code">): boolean => code in NOTE_RULES;

/** Returns the warnings of a job's model, the most serious first. */
export function warningsOf(job: Warned, notes: readonly Note[]): Warning[] {
  const rank = ({ code }: Note) => ORDER.indexOf(code);
  const noted = notes
    .filter(isWarning)
    .sort((a, b) => rank(a) - rank(b))
    .map((note) => warningOf(note, job));
  const overfit = overfitOf(job);
  return overfit ? [overfit, ...noted] : noted;
}

function warningOf(note: Note, job: Warned): Warning {
  const { code, column, detail, cure } = note;
  const rule = NOTE_RULES[code];
  return {
    key: `${code} ${column} ${detail}`,
    title: rule?.title ?? code,
    detail,
    cure,
    remedy: rule?.remedy?.(note, job) ?? null,
  };
}

/** A job on the same columns without one of them; null if it learned from no other, or did not learn from that one. */
function withoutColumn({ column }: Note, { spec: { data } }: Warned): Remedy | null {
  if (column === null || !("dataset" in data) || !data.dataset.features.includes(column)) return null;
  const features = data.dataset.features.filter((name) => name !== column);
  if (features.length === 0) return null;
  const change = (spec: JsonObject) => withValue(spec, "/data/dataset/features", features);
  return { label: `Train without ${column}`, change };
}

function splitByGroup({ column }: Note): Remedy | null {
  if (column === null) return null;
  const change = (spec: JsonObject) => withValue(spec, "/split", { group: column });
  return { label: `Hold out whole groups by ${column}`, change };
}

function splitByTime({ column }: Note): Remedy | null {
  if (column === null) return null;
  const change = (spec: JsonObject) => withValue(spec, "/split", { time: column, validation: 0.2 });
  return { label: "Hold out the last rows", change };
}

/** How far the validation loss must have risen, as a share of its least. */
const RISE = 0.02;

/** A model whose weights are of an epoch at which its validation loss had risen again. */
function overfitOf({ spec, metrics }: Warned): Warning | null {
  const { best, lowest } = metrics ?? {};
  const [least, own] = [Number(lowest?.val_loss ?? Number.NaN), Number(best?.val_loss ?? Number.NaN)];
  if (!lowest || !best || !(Number(best.epoch) > Number(lowest.epoch)) || !(own > least + RISE * Math.abs(least))) return null;
  const since = formatCount(Number(lowest.epoch));
  // A job of the same seed has the same epochs: waiting for all of them, it ends with the weights of the best.
  const stopping = { monitor: "val_loss", patience: spec.epochs, min_delta: 0, restore_best: true } as const;
  return {
    key: "overfit",
    title: `It has overfitted since epoch ${since}`,
    detail: `The validation loss was ${formatValue(least)} at epoch ${since} and is ${formatValue(own)} at epoch ${formatCount(Number(best.epoch))}, and the model has the weights of that epoch.`,
    cure: null,
    remedy: { label: "Use the best epoch", change: (given) => withValue(given, "/early_stopping", stopping) },
  };
}
