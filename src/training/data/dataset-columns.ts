/** Which columns of a data set a job uses, and which task its target implies. */
import {
  type Column,
  type ColumnType,
  type ColumnValues,
  type DatasetRows,
  hasValues,
  isCategorical,
  isNumeric,
  listOddCells,
} from "../../domain/datasets/dataset.ts";
import type { FieldError } from "../../domain/errors.ts";
import type { JobSpec, Task } from "../../domain/spec/spec.ts";
import { formOf, type SplitForm, splitColumnOf } from "../../domain/spec/split.ts";
import { unknownColumn } from "../../domain/spelling.ts";
import { MAX_CLASSES } from "./targets.ts";

/**
 * An integer target is taken for classes, unless the task or the loss says otherwise, if it has at most so many values, each in so many rows
 * on average, and they are as near to each other as codes are or very few: twenty prices of twenty houses are no classes.
 */
const MAX_INTEGER_CLASSES = 20;
const ROWS_A_CLASS = 3;
const MAX_GAP = 10;
const VERY_FEW_CLASSES = 5;

type DatasetSpec = Extract<JobSpec["data"], { dataset: unknown }>["dataset"];

/** What the column of a split must be. */
const SPLIT_COLUMNS: Partial<Record<SplitForm, { readonly types: readonly ColumnType[]; readonly detail: string }>> = {
  labels: { types: ["category", "boolean", "integer"], detail: "a category, boolean or integer column" },
  group: {
    types: ["category", "boolean", "integer", "number", "datetime"],
    detail: "a column with values to train on: upload it as a category",
  },
  time: { types: ["datetime", "integer", "number"], detail: "a column of dates or numbers" },
};

/** The names of the target columns: one or several. */
export const targetsOf = ({ target }: DatasetSpec): readonly string[] => (typeof target === "string" ? [target] : target);

export type ChosenColumns =
  | {
      readonly ok: true;
      readonly features: readonly Column[];
      readonly targets: readonly Column[];
      readonly weights: string | null;
    }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Errors for the columns that a spec excludes, except for unknown names. */
function exclusionErrors({ data }: JobSpec, targets: readonly string[]): FieldError[] {
  const { exclude = [], features } = (data as Extract<JobSpec["data"], { dataset: unknown }>).dataset;
  const pointer = "/data/dataset/exclude";
  if (exclude.length > 0 && features)
    return [{ pointer, detail: "features names the columns to learn from already: leave one of the two out" }];
  return exclude.flatMap((name, index) =>
    targets.includes(name)
      ? [{ pointer: `${pointer}/${index}`, detail: `${name} is the target, which is never a feature: leave it out here` }]
      : [],
  );
}

/** The feature and target columns of a spec, in the order in which rows have them. */
export function chooseColumns(spec: JobSpec, columns: readonly Column[]): ChosenColumns {
  const { dataset } = spec.data as Extract<JobSpec["data"], { dataset: unknown }>;
  const errors: FieldError[] = [];
  const byName = new Map(columns.map((column) => [column.name, column]));
  const find = (name: string, pointer: string) => {
    const column = byName.get(name);
    if (!column) errors.push({ pointer, detail: unknownColumn(name, columns) });
    return column ? [column] : [];
  };
  const names = targetsOf(dataset);
  const targets = names.flatMap((name, index) =>
    find(name, typeof dataset.target === "string" ? "/data/dataset/target" : `/data/dataset/target/${index}`),
  );
  const splitColumn = splitColumnOf(spec.split);
  const form = spec.split && formOf(spec.split).form;
  if (splitColumn && form) {
    const { name, pointer } = splitColumn;
    const wanted = SPLIT_COLUMNS[form];
    if (find(name, pointer).some(({ type }) => wanted && !wanted.types.includes(type)))
      errors.push({ pointer, detail: `must be ${wanted?.detail}` });
    if (form !== "labels" && names.includes(name))
      errors.push({ pointer, detail: `${name} is the target: it cannot split the rows` });
  }
  const weights = dataset.weights === undefined ? [] : find(dataset.weights, "/data/dataset/weights");
  if (
    weights.some(({ type, missing, statistics }) => !isNumeric(type) || missing > 0 || !(Number(statistics?.min ?? 0) >= 0))
  ) {
    errors.push({ pointer: "/data/dataset/weights", detail: "must be a column of numbers of 0 or more, none missing" });
  }
  const leftOut = dataset.exclude ?? [];
  errors.push(...exclusionErrors(spec, names));
  for (const [index, name] of leftOut.entries()) find(name, `/data/dataset/exclude/${index}`);
  const excluded = [...names, splitColumn?.name, dataset.weights, ...leftOut];
  // A group or time column may be informative too: it is a feature if the spec asks for it.
  const barred = form === "group" || form === "time" ? [...names, dataset.weights] : excluded;
  const features = dataset.features
    ? dataset.features.flatMap((name, index) => find(name, `/data/dataset/features/${index}`))
    : columns.filter(
        ({ name, type, kept, role }) =>
          (type !== "text" || ("auto" in spec.model && kept)) && role !== "index" && !excluded.includes(name),
      );
  dataset.features?.forEach((name, index) => {
    const pointer = `/data/dataset/features/${index}`;
    if (barred.includes(name))
      errors.push({
        pointer,
        detail: `${name} is the target, or the column that splits or weights the rows, so it cannot be a feature`,
      });
    const column = byName.get(name);
    if (column && !hasValues(column))
      errors.push({
        pointer,
        detail: `${name} is text that was not kept: upload the file again, with this column as a category if its texts were too long, or leave it out`,
      });
  });
  if (features.length === 0 && errors.length === 0)
    errors.push({ pointer: "/data/dataset/features", detail: "there is no column to learn from" });
  return errors.length > 0 ? { ok: false, errors } : { ok: true, features, targets, weights: dataset.weights ?? null };
}

export type ClassesResult =
  | {
      readonly ok: true;
      readonly task: Task;
      /** Labels in output order; empty for regression. */
      readonly classes: readonly string[];
      /** Class of each row; null for a regression. */
      readonly codes: Int32Array | null;
    }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

const LOSS_IS_REGRESSION: readonly string[] = ["mse", "l1", "huber", "smooth_l1", "pinball"];

/** The task that a target implies, and the class of each row. */
export function readClasses(spec: JobSpec, targets: readonly Column[], { rows, values }: DatasetRows): ClassesResult {
  const pointer = "/data/dataset/target";
  const refused = (detail: string): ClassesResult => ({ ok: false, errors: [{ pointer, detail }] });
  const [target] = targets as [Column];
  const odd = targets.map(oddTarget).find((detail) => detail !== null);
  if (odd) return refused(odd);
  const empty = targets.find(({ missing }) => missing === rows);
  if (empty) return refused(`${empty.name} has no value in any row`);
  const date = spec.task || spec.loss ? undefined : targets.find(({ type }) => type === "datetime");
  if (date)
    return refused(
      `${date.name} is a column of dates: predict a number instead, such as the days until that date, in a column of its own; or set "task": "regression" to predict milliseconds since 1970`,
    );
  const wantsRegression = spec.task ? spec.task === "regression" : impliesRegression(spec, targets, values);
  if (wantsRegression) {
    const label = targets.find(({ type }) => !isNumeric(type));
    return label
      ? refused(`${label.name} is a ${label.type} column, but a regression needs numbers`)
      : { ok: true, task: "regression", classes: [], codes: null };
  }
  if (targets.length > 1) return refused("only a regression can have several targets; classes come from one column");
  const column = values.get(target.name);
  if (target.type === "text")
    return refused(
      `${target.name} is a column of text, with ${target.distinct} different values in ${rows - target.missing} rows, which has no classes: name another column, or the column that groups them`,
    );
  if (!column || target.type === "datetime") return refused(`${target.name} is a ${target.type} column, which has no classes`);
  const { classes, codes } = classesOf(target, column);
  if (classes.length < 2) return refused(`${target.name} has ${classes.length} class: a classifier needs at least 2`);
  if (classes.length > MAX_CLASSES)
    return refused(`${target.name} has ${classes.length} classes; at most ${MAX_CLASSES} are allowed`);
  if (spec.task === "binary_classification" && classes.length > 2)
    return refused(`${target.name} has ${classes.length} classes, but binary_classification takes 2`);
  const task = spec.task ?? (classes.length === 2 ? "binary_classification" : "multiclass_classification");
  return { ok: true, task, classes, codes };
}

/**
 * The error for a target with odd cells among its numbers: they may be neither missing values nor a class. Null if a target has none, or
 * its labels may well be intended.
 */
function oddTarget({ name, type, odd, distinct }: Column): string | null {
  // Among labels, what a program writes for no value always means missing.
  if (!odd || (odd.read_as === "missing" && type === "category")) return null;
  if (odd.read_as === "label" && distinct <= MAX_INTEGER_CLASSES) return null;
  const values = `${odd.count} value${odd.count === 1 ? "" : "s"} of ${name}`;
  const what = odd.read_as === "missing" ? "not of the same kind as the others" : "not numbers, among many that are";
  const cure = "correct them or leave them empty, and upload the file again";
  const other = odd.read_as === "label" ? `; or add types={"${name}":"category"} to the upload if they are labels` : "";
  return `${values} ${odd.count === 1 ? "is" : "are"} ${what}: ${listOddCells(odd)}: ${cure}${other}`;
}

/** Whether numbers are predicted as numbers. Few different whole numbers are classes, even if they are written 1.0. */
function impliesRegression(spec: JobSpec, targets: readonly Column[], values: DatasetRows["values"]): boolean {
  if (spec.loss) return LOSS_IS_REGRESSION.includes(spec.loss.type);
  const [target] = targets as [Column];
  if (targets.length > 1 || target.type === "datetime") return true;
  if (!isNumeric(target.type)) return false;
  return !areIntegerClasses(target, values.get(target.name) ?? []);
}

/** Whether the values of a column of numbers are classes, by `MAX_INTEGER_CLASSES`. */
function areIntegerClasses({ distinct, missing, statistics }: Column, values: ColumnValues | readonly number[]): boolean {
  if (distinct > MAX_INTEGER_CLASSES || !values.every(isWholeOrMissing)) return false;
  if (distinct > 2 && values.length - missing < distinct * ROWS_A_CLASS) return false;
  const range = statistics ? statistics.max - statistics.min : 0;
  return distinct <= VERY_FEW_CLASSES || range < distinct * MAX_GAP;
}

/** Whether a target of few whole numbers was read as numbers. */
export function isReadAsNumbers(target: Column, values: ColumnValues): boolean {
  return (
    isNumeric(target.type) &&
    target.type !== "datetime" &&
    target.distinct <= MAX_INTEGER_CLASSES &&
    values.every(isWholeOrMissing)
  );
}

const isWholeOrMissing = (value: number): boolean => Number.isInteger(value) || Number.isNaN(value);

/** The rows with all targets, in order; null if that is every row. Rows without a target train nothing. */
export function rowsWithTargets(targets: readonly Column[], { rows, values }: DatasetRows): Int32Array<ArrayBuffer> | null {
  const partial = targets.filter(({ missing }) => missing > 0).flatMap(({ name }) => values.get(name) ?? []);
  if (partial.length === 0) return null;
  const isThere = (own: ColumnValues, row: number) => (own instanceof Int32Array ? own[row] !== -1 : !Number.isNaN(own[row]));
  return Int32Array.from({ length: rows }, (_, row) => row).filter((row) => partial.every((own) => isThere(own, row)));
}

/** Labels that occur, in order (numbers by value, labels as sorted), and each row's index among them; -1 if it has none. */
function classesOf(target: Column, column: ArrayLike<number>): { classes: string[]; codes: Int32Array } {
  const seen = new Set<number>();
  const isMissing = (value: number) => Number.isNaN(value) || (value === -1 && isCategorical(target.type));
  for (let row = 0; row < column.length; row++) if (!isMissing(column[row] as number)) seen.add(column[row] as number);
  const found = [...seen].sort((a, b) => a - b);
  const placeOf = new Map(found.map((value, place) => [value, place]));
  const classes = found.map((value) => (isCategorical(target.type) ? (target.categories?.[value] as string) : String(value)));
  const codes = new Int32Array(column.length);
  for (let row = 0; row < codes.length; row++) codes[row] = placeOf.get(column[row] as number) ?? -1;
  return { classes, codes };
}
