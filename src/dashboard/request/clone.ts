/** Turns a job's resolved spec into one that can be submitted again. What the server has summarised is read back, or left out and named. */
import type { Job, JobRows } from "../../client/answers.ts";
import { CHOSEN_BY_SEARCH } from "../../client/search.ts";
import type { ResolvedAuto } from "../../domain/spec/auto-options.ts";
import type { Json, JsonObject } from "./draft.ts";

export interface Cloned {
  readonly spec: JsonObject;
  /** What the clone lacks, as sentences. */
  readonly notes: readonly string[];
}

/** Returns the spec of a clone. `rows` are a job's inline rows, if they could be read back. */
export function cloneSpec({ spec, name }: Pick<Job, "spec" | "name">, rows: JobRows | null): Cloned {
  // Of a job that asks which rows made a prediction, its epochs count trainings.
  const { data, init_from, preprocess, influence, ...rest } = spec;
  const notes: string[] = [];
  const plain = JSON.parse(JSON.stringify(rest)) as JsonObject;
  const cloned: Record<string, Json> = { ...plain, name, data: clonedData(data, rows, notes) };
  if (influence) cloned.epochs = influence.epochs;
  if ("auto" in spec.model) {
    cloned.model = { auto: clonedSearch(spec.model.auto) };
    for (const field of CHOSEN_BY_SEARCH) delete cloned[field];
  }
  if (preprocess) cloned.preprocess = "fitted" in preprocess ? "from_model" : (preprocess as unknown as Json);
  if (init_from && "state_dict" in init_from)
    notes.push("Its initial weights came with the request and are left out: this job starts from random weights.");
  else if (init_from) {
    const { sha256: _, ...origin } = init_from as unknown as Record<string, Json>;
    cloned.init_from = origin;
  }
  return { spec: inOrder(cloned), notes };
}

/** The options of a search without what it resolved from the data. */
function clonedSearch({ candidates: _, trained_folds: __, ...options }: ResolvedAuto): JsonObject {
  return options as unknown as JsonObject;
}

function clonedData(data: Job["spec"]["data"], rows: JobRows | null, notes: string[]): Json {
  if ("generator" in data) return { generator: data.generator as unknown as Json };
  if ("dataset" in data) {
    const { id, features, target, weights } = data.dataset;
    const [first = ""] = target;
    return {
      dataset: { id, features, target: target.length === 1 ? first : target, ...(weights === null ? {} : { weights }) },
    };
  }
  if (rows && rows.returned === rows.total && rows.features.length === data.inline.features) {
    const [target] = rows.targets;
    const targets = rows.targets.length === 1 ? (target?.values ?? []) : transposed(rows.targets.map(({ values }) => values));
    return { inline: { features: transposed(rows.features.map(({ values }) => values)), targets } };
  }
  notes.push(`Its ${data.inline.rows} rows came with the request and are too many to be read back: add them again.`);
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
