/** What is known of a job's rows before it trains, whatever their source: shapes, classes, and which rows are held out. */
import type { Column, DatasetRows } from "../../domain/datasets/dataset.ts";
import type { EncodedColumn } from "../../domain/datasets/preprocessing.ts";
import type { FieldError } from "../../domain/errors.ts";
import { MAX_NOTES, type Note } from "../../domain/notes.ts";
import type { ReferredModel } from "../../domain/ports.ts";
import { lastLinear } from "../../domain/spec/layer-walks.ts";
import { type Preprocess, preprocess as preprocessOptions } from "../../domain/spec/preprocess-options.ts";
import { givenLayers, type JobSpec, type ResolvedSpec, type Task } from "../../domain/spec/spec.ts";
import { type Split, splitColumnOf } from "../../domain/spec/split.ts";
import type { TensorEntry } from "../../domain/tensor.ts";
import { type Embedding, embeddingsOf } from "../run/network.ts";
import { rarestShare } from "./class-weights.ts";
import { columnsWorthLearning } from "./columns-worth-learning.ts";
import { choiceNotes, dataNotes, labelNotes } from "./data-notes.ts";
import { chooseColumns, readClasses, rowsWithTargets } from "./dataset-columns.ts";
import { layoutOf } from "./encoding.ts";
import { planColumns, sketchColumn } from "./fit-columns.ts";
import { generatorShape } from "./generate.ts";
import { commonLabels } from "./labels/common-labels.ts";
import {
  classErrors,
  columnErrors,
  keptClasses,
  keptFeatures,
  keptPreprocessing,
  type ModelStart,
  modelStartOf,
} from "./model-start.ts";
import { heldOutCounts, labelErrors, resolveSplit, splitColumn, splitErrors, splitPresent, splitRows } from "./split.ts";
import { rangesWidely } from "./target-units.ts";
import { inferTask, readTargets } from "./targets.ts";
import { findChoices } from "./text/choices.ts";

/** The properties of a target that decide which candidates a search tries. */
export interface TargetTraits {
  /** The share of rows of the rarest class; null for a regression, and if the rows are not available yet. */
  readonly rarest: number | null;
  /** Whether values of a regression range so widely that their logarithms may be learned better. */
  readonly rangesWidely: boolean;
}

export interface DataShape {
  readonly task: Task;
  /** Labels in output order; empty for regression. */
  readonly classes: readonly string[];
  readonly rows: number;
  readonly validationRows: number;
  readonly testRows: number;
  /** Width of a row, in memory. */
  readonly featureWidth: number;
  readonly targetWidth: number;
  readonly split: Split | null;
  readonly preprocess: ResolvedSpec["preprocess"];
  /** Names of the columns used, if the data is a data set. */
  readonly columns: {
    readonly features: readonly string[];
    readonly target: readonly string[];
    readonly weights: string | null;
  } | null;
  /** Which features are indexes into an embedding table. */
  readonly embeddings: readonly Embedding[];
  readonly traits: TargetTraits;
  /** The encoded columns, with the shape that fitting gives them; null for rows as they are. */
  readonly encoded: readonly EncodedColumn[] | null;
}

export type PayloadTensor = TensorEntry & { readonly values: ArrayLike<number> };

/** Names of the tensors in a job's payload. Initial weights follow, under their own names after this prefix. */
export const PAYLOAD = { features: "data.features", targets: "data.targets", initial: "init." } as const;

export interface Described {
  readonly shape: DataShape | null;
  /** Rows that came with the request. */
  readonly tensors: readonly PayloadTensor[];
  /** The field to blame for too many rows. */
  readonly rowsPointer: string;
  readonly errors: readonly FieldError[];
  /** On the rows and columns of a data set. */
  readonly notes?: readonly Note[];
}

/** Describes the data of a spec. The data set and the model that it starts from must have been looked up. */
export function describeData(spec: JobSpec, dataset: DatasetRows | null, model: ReferredModel | null): Described {
  const start = modelStartOf(spec, model);
  if ("dataset" in spec.data) return describeDataset(spec, dataset as DatasetRows, start);
  if (spec.preprocess)
    return refused("", [{ pointer: "/preprocess", detail: "is only for data sets; rows in the request are used as they are" }]);
  const column = splitColumnOf(spec.split);
  if (column)
    return refused("", [{ pointer: column.pointer, detail: "is only for data sets; use split.validation_rows here" }]);
  const described = "generator" in spec.data ? describeGenerator(spec) : describeInline(spec);
  if (!start || !described.shape) return described;
  return { ...described, errors: [...described.errors, ...classErrors(start, described.shape.classes)] };
}

const DEFAULT_PREPROCESS = preprocessOptions.parse({});

/** For networks of a search: robust to values far outside. */
const SEARCH_PREPROCESS = preprocessOptions.parse({
  numeric: { impute: "median", scale: "robust", clip: "smooth", encode: "both" },
});

/** The options if a job has none. A search learns lists of choices by their words, and nothing of labels that hardly a row has. */
function defaultPreprocess({ model }: JobSpec, { features, choices, dataset: { values }, train }: Sketched): Preprocess {
  if (!("auto" in model)) return DEFAULT_PREPROCESS;
  const labels = features.filter(({ name }) => !choices.has(name));
  const byWords = [...choices.keys()].map((name) => [name, { encode: "text" as const }] as const);
  const byRows = [...commonLabels(labels, values, train)].map(([name, count]) => [name, { max_categories: count }] as const);
  return { ...SEARCH_PREPROCESS, columns: Object.fromEntries([...byWords, ...byRows]) };
}

/** An example for each column of labels that combine choices. */
function choicesOf(columns: readonly Column[]): Map<string, string> {
  return new Map(
    columns.flatMap(({ name, type, categories }) => {
      const example = type === "category" ? findChoices(categories ?? []) : null;
      return example === null ? [] : [[name, example] as const];
    }),
  );
}

const refused = (rowsPointer: string, errors: readonly FieldError[]): Described => ({
  shape: null,
  tensors: [],
  rowsPointer,
  errors,
});

/** Rows as they are: no preprocessing, and no split unless requested. */
const plain = {
  preprocess: null,
  columns: null,
  embeddings: [],
  encoded: null,
  traits: { rarest: null, rangesWidely: false },
} as const;

function describeGenerator(spec: JobSpec): Described {
  const { generator } = spec.data as Extract<JobSpec["data"], { generator: unknown }>;
  const { task, featureWidth, classes } = generatorShape(generator);
  const rowsPointer = "/data/generator/samples";
  if (spec.task && spec.task !== task) {
    return refused(rowsPointer, [
      { pointer: "/task", detail: `${generator.type} makes data for ${task}: set that, or leave task out` },
    ]);
  }
  const labels = Array.from({ length: classes }, (_, index) => String(index));
  const split = resolveSplit(spec.split ?? null, false);
  const counts = heldOutCounts(generator.samples, split);
  const shape = { task, classes: labels, rows: generator.samples, ...counts, featureWidth, targetWidth: 1, split, ...plain };
  return { shape, tensors: [], rowsPointer, errors: splitErrors(split, generator.samples, task) };
}

function describeInline(spec: JobSpec): Described {
  const { inline } = spec.data as { readonly inline: InlineRows };
  const task = spec.task ?? inferTask(spec, inline.targets);
  const stated = lastLinear(givenLayers(spec))?.units;
  return readOnce(inline, { task, stated, split: resolveSplit(spec.split ?? null, false), seed: spec.seed });
}

type InlineRows = Extract<JobSpec["data"], { inline: unknown }>["inline"];

/** Everything that determines how rows are read. */
interface ReadBy {
  readonly task: Task;
  /** The width that the network states for its output. */
  readonly stated: number | undefined;
  readonly split: Split | null;
  readonly seed: number;
}

/** The last result: a sweep prepares many jobs on the same rows, which may be tens of megabytes. */
const lastRead = new WeakMap<InlineRows, { readonly key: string; readonly described: Described }>();

function readOnce(inline: InlineRows, by: ReadBy): Described {
  const key = JSON.stringify(by);
  const last = lastRead.get(inline);
  if (last?.key === key) return last.described;
  const described = readInline(inline, by);
  lastRead.set(inline, { key, described });
  return described;
}

function readInline({ features, targets }: InlineRows, { task, stated, split, seed }: ReadBy): Described {
  const rowsPointer = "/data/inline/features";
  const width = (features[0] as number[]).length;
  const errors = features.flatMap((row, index): FieldError[] =>
    row.length === width
      ? []
      : [{ pointer: `${rowsPointer}/${index}`, detail: `has ${row.length} features, but row 0 has ${width}` }],
  );
  if (targets.length !== features.length) {
    errors.push({
      pointer: "/data/inline/targets",
      detail: `has ${targets.length} rows, but features has ${features.length}`,
    });
  }
  if (errors.length > 0) return refused(rowsPointer, errors);
  const read = readTargets(task, targets, stated);
  if (!read.ok) return refused(rowsPointer, read.errors);
  const { classes, width: targetWidth, values } = read.targets;
  const rows = features.length;
  const flat = new Float32Array(rows * width);
  features.forEach((row, index) => {
    flat.set(row, index * width);
  });
  const divided = splitRows(rows, split, seed, { classes: classes.length > 0 ? values : null, column: null });
  const counts = divided.ok
    ? { validationRows: divided.parts.validation.length, testRows: divided.parts.test.length }
    : { validationRows: 0, testRows: 0 };
  const tensors = [
    { name: PAYLOAD.features, shape: [rows, width], values: flat },
    { name: PAYLOAD.targets, shape: [rows, targetWidth], values },
  ];
  const shape = { task, classes, rows, ...counts, featureWidth: width, targetWidth, split, ...plain };
  return { shape, tensors, rowsPointer, errors: [...splitErrors(split, rows, task), ...(divided.ok ? [] : divided.errors)] };
}

function describeDataset(given: JobSpec, dataset: DatasetRows, start: ModelStart | null): Described {
  const rowsPointer = "/data/dataset/id";
  const keeps = given.preprocess === "from_model";
  const spec = keeps ? withFeatures(given, keptFeatures(start)) : given;
  const asked = chooseColumns(spec, dataset.columns);
  if (!asked.ok) return refused(rowsPointer, asked.errors);
  const worth = isLeftToSearch(spec) ? columnsWorthLearning(asked.features, dataset) : { features: asked.features, notes: [] };
  const chosen = { ...asked, features: worth.features };
  const read = readClasses(spec, chosen.targets, dataset);
  if (!read.ok) return refused(rowsPointer, read.errors);
  const { classes, codes } = (keeps && start && read.codes && keptClasses(start, read.classes, read.codes)) || read;
  const task = classes.length > 2 ? "multiclass_classification" : read.task;
  const split = resolveSplit(spec.split === undefined ? defaultSplit(spec) : spec.split, classes.length > 0);
  const bad = [...splitErrors(split, dataset.rows, task), ...labelErrors(split, dataset)];
  if (bad.length > 0) return refused(rowsPointer, bad);
  const present = rowsWithTargets(chosen.targets, dataset);
  const rows = present?.length ?? dataset.rows;
  const sources = { classes: codes, column: splitColumn(split, dataset) };
  const divided = splitPresent(present, dataset.rows, split, spec.seed, sources);
  if (!divided.ok) return refused(rowsPointer, divided.errors);
  const { parts } = divided;
  const choices = choicesOf(chosen.features);
  const sketched = keeps
    ? keptSketch(start, chosen.features, chosen.targets)
    : sketch(spec, { features: chosen.features, choices, dataset, train: parts.train, start });
  if (!sketched.columns) return refused(rowsPointer, sketched.errors);
  const { columns, preprocess } = sketched;
  const unfit = logErrors(preprocess, chosen.targets, dataset, codes === null);
  const names = (of: readonly Column[]) => of.map(({ name }) => name);
  const shape: DataShape = {
    task,
    classes,
    rows,
    validationRows: parts.validation.length,
    testRows: parts.test.length,
    featureWidth: layoutOf(columns).width,
    targetWidth: chosen.targets.length,
    split,
    preprocess,
    columns: { features: names(chosen.features), target: names(chosen.targets), weights: chosen.weights },
    embeddings: embeddingsOf(columns),
    encoded: columns,
    traits: {
      rarest: codes && rarestShare(codes, classes.length),
      rangesWidely: codes === null && chosen.targets.every(({ name }) => rangesWidely(dataset.values.get(name) ?? [])),
    },
  };
  const noted = { spec, dataset, features: chosen.features, targets: chosen.targets, classes: read, rows };
  const isDefault = !(keeps || spec.preprocess) && preprocess !== null && !("fitted" in preprocess);
  const ofLabels = isDefault ? [...choiceNotes(choices, "auto" in spec.model), ...labelNotes(chosen.features, preprocess)] : [];
  const notes = [...worth.notes, ...ofLabels, ...dataNotes(noted)].slice(0, MAX_NOTES);
  const errors = [...sketched.errors, ...unfit, ...(start ? classErrors(start, classes) : [])];
  return { shape, tensors: [], rowsPointer, errors, notes };
}

/** Whether a search chooses the columns too. */
const isLeftToSearch = ({ data, model }: JobSpec): boolean =>
  "auto" in model && "dataset" in data && data.dataset.features === undefined;

/** A search holds rows out itself, each once. */
const defaultSplit = ({ model }: JobSpec): Split | null => ("auto" in model ? null : { validation: 0.2, test: 0 });
/** Why targets cannot be learned as logarithms, if the job or the preprocessing that it keeps asks for that. */
function logErrors(
  preprocess: ResolvedSpec["preprocess"],
  targets: readonly Column[],
  { values }: DatasetRows,
  isRegression: boolean,
): FieldError[] {
  const isKept = preprocess !== null && "fitted" in preprocess;
  const isLog = isKept
    ? preprocess.fitted.targets.some(({ scaling }) => scaling?.transform === "log")
    : preprocess?.target.transform === "log";
  if (!isLog) return [];
  const pointer = isKept ? "/preprocess" : "/preprocess/target/transform";
  if (!isRegression) return [{ pointer, detail: "log is only for a regression, but this target has classes: leave it out" }];
  return targets.flatMap(({ name }): FieldError[] => {
    const row = (values.get(name) as Float64Array | undefined)?.findIndex((value) => value <= -1) ?? -1;
    if (row < 0) return [];
    const detail = `log needs values above -1, and ${name} has ${values.get(name)?.[row]} in row ${row + 1}: leave it out`;
    return [{ pointer, detail }];
  });
}

function withFeatures(spec: JobSpec, features: string[] | undefined): JobSpec {
  if (!("dataset" in spec.data) || !features || spec.data.dataset.features || spec.data.dataset.exclude) return spec;
  return { ...spec, data: { dataset: { ...spec.data.dataset, features } } };
}

/** Columns with the shape that fitting gives them, and their part of the resolved spec; no columns if that is not known. */
interface Sketch {
  readonly columns: readonly EncodedColumn[] | null;
  readonly preprocess: ResolvedSpec["preprocess"];
  readonly errors: readonly FieldError[];
}

interface Sketched {
  readonly features: readonly Column[];
  /** Those of them that hold lists of choices. */
  readonly choices: ReadonlyMap<string, string>;
  readonly dataset: DatasetRows;
  readonly train: Int32Array;
  readonly start: ModelStart | null;
}

function sketch(spec: JobSpec, sketched: Sketched): Sketch {
  const { features, dataset, train, start } = sketched;
  const { values } = dataset;
  const preprocess = (spec.preprocess as Preprocess | null | undefined) ?? defaultPreprocess(spec, sketched);
  const { plans, errors } = planColumns(features, preprocess);
  const columns = plans.map((plan) => sketchColumn(plan, values.get(plan.column.name), train));
  return { columns, preprocess, errors: [...errors, ...(start ? columnErrors(start, columns) : [])] };
}

function keptSketch(start: ModelStart | null, features: readonly Column[], targets: readonly Column[]): Sketch {
  const kept = keptPreprocessing(start, features, targets);
  if ("errors" in kept) return { columns: null, preprocess: null, errors: kept.errors };
  return { columns: kept.kept.columns, preprocess: { fitted: kept.kept }, errors: [] };
}
