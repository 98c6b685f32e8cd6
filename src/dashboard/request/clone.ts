/**
 * Turns a job's resolved spec into one that can be submitted again. Parts that the server has summarised are read back, or left out and
 * named.
 */
import type { Job, JobRows } from "../../client/answers.ts";
import { submittableSpec } from "../../client/search.ts";
import type { Json, JsonObject } from "./draft.ts";

export interface Cloned {
  readonly spec: JsonObject;
  /** What the clone lacks, as sentences. */
  readonly notes: readonly string[];
}

/** Returns the spec of a clone. `rows` are a job's inline rows, if they could be read back. */
export function cloneSpec({ spec, name }: Pick<Job, "spec" | "name">, rows: JobRows | null): Cloned {
  const { data, init_from, split } = spec;
  const notes: string[] = [];
  const cloned: Record<string, Json> = { ...(submittableSpec(spec) as unknown as Record<string, Json>), name };
  if ("inline" in data) cloned.data = clonedRows(data.inline, rows, notes);
  if (init_from && "state_dict" in init_from) {
    delete cloned.init_from;
    notes.push("Its initial weights came with the request and are left out: this job starts from random weights.");
  }
  const named = split ? Object.values(split).flatMap((held) => (isSummary(held) ? [held.rows] : [])) : [];
  if (named.length > 0) {
    delete cloned.split;
    const rows = named.reduce((total, each) => total + each, 0);
    notes.push(`Its split names ${rows} rows, which are too many to copy: choose the held-out rows again.`);
  }
  return { spec: inOrder(cloned), notes };
}

/** Whether a part of a split says only how many rows it names. */
const isSummary = (held: unknown): held is { readonly rows: number } =>
  typeof held === "object" && held !== null && "sha256" in held;

function clonedRows(inline: { readonly rows: number; readonly features: number }, rows: JobRows | null, notes: string[]): Json {
  if (rows && rows.returned === rows.total && rows.features.length === inline.features) {
    const [target] = rows.targets;
    const targets = rows.targets.length === 1 ? (target?.values ?? []) : transposed(rows.targets.map(({ values }) => values));
    return { inline: { features: transposed(rows.features.map(({ values }) => values)), targets } };
  }
  notes.push(`Its ${inline.rows} rows came with the request and are too many to be read back: add them again.`);
  return { inline: { features: [], targets: [] } };
}

function transposed(columns: readonly (readonly Json[])[]): Json[][] {
  return (columns[0] ?? []).map((_, row) => columns.map((column) => column[row] ?? null));
}

const ORDER = [
  "name",
  "task",
  "data",
  "split",
  "preprocess",
  "model",
  "loss",
  "optimizer",
  "scheduler",
  "epochs",
  "batch_size",
];

/** Orders the members of a spec: the most important ones first. */
function inOrder(spec: JsonObject): JsonObject {
  const rank = (key: string) => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length);
  return Object.fromEntries(Object.entries(spec).sort(([a], [b]) => rank(a) - rank(b)));
}
