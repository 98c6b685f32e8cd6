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
  column_predicts_target: { title: "A column gives the target away", remedy: withoutColumns },
  id_like_column: { title: "A column is like an id", remedy: withoutColumns },
  imbalanced_classes: { title: "One class outweighs the others" },
  rare_class: { title: "A class has few rows" },
  rows_have_times: { title: "Rows may have times", remedy: splitByTime },
  rows_have_groups: { title: "Rows may belong together", remedy: splitByGroup },
  class_may_be_missing: { title: "A class may be no class" },
  rows_without_target: { title: "Rows were left out" },
  column_without_values: { title: "A column is empty", remedy: withoutColumns },
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

/** A job on the same columns without those of the note; null if it learned from no others, or not from one of those. */
function withoutColumns(note: Note, { spec: { data } }: Warned): Remedy | null {
  const names = namesIn(note);
  if (!("dataset" in data) || names.length === 0) return null;
  const learned = new Set(data.dataset.features);
  const features = data.dataset.features.filter((name) => !names.includes(name));
  if (features.length === 0 || !names.every((name) => learned.has(name))) return null;
  const change = (spec: JsonObject) => withValue(spec, "/data/dataset/features", features);
  return { label: `Train without ${names.length > 2 ? `these ${names.length} columns` : names.join(" and ")}`, change };
}

/** Of a note on columns that predict the target together, its cure names them all. */
function namesIn({ column, cure }: Note): readonly string[] {
  const list = /"exclude": (\[(?:"(?:[^"\\]|\\.)*",?)+\])/.exec(cure)?.[1];
  if (list !== undefined) return JSON.parse(list) as string[];
  return column === null ? [] : [column];
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
