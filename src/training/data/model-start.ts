/**
 * A job that starts from a stored model: whether its columns, categories and classes match those that the model's weights were learned for,
 * and, if the job keeps the model's preprocessing, how its own columns use it.
 */
import { type Column, isCategorical, isNumeric } from "../../domain/datasets/dataset.ts";
import type { EncodedColumn, Preprocessing } from "../../domain/datasets/preprocessing.ts";
import type { FieldError } from "../../domain/errors.ts";
import type { ReferredModel } from "../../domain/ports.ts";
import type { JobSpec } from "../../domain/spec/spec.ts";

/** The model that a job starts from, and where its body says so. */
export interface ModelStart {
  readonly model: ReferredModel;
  readonly pointer: string;
}

/** The model or checkpoint that a spec starts from; null if there is none. */
export function modelStartOf({ init_from }: JobSpec, model: ReferredModel | null): ModelStart | null {
  if (!init_from || !model || "state_dict" in init_from) return null;
  return { model, pointer: "model" in init_from ? "/init_from/model" : "/init_from/checkpoint" };
}

const CURE = 'keep its preprocessing with "preprocess": "from_model"';
const MAX_SHOWN = 10;

function shown(names: readonly string[]): string {
  const more = names.length > MAX_SHOWN ? ` and ${names.length - MAX_SHOWN} more` : "";
  return names.slice(0, MAX_SHOWN).join(", ") + more;
}

/** The differences between newly fitted columns and those of the model, the first difference of each column. */
export function columnErrors({ model, pointer }: ModelStart, columns: readonly EncodedColumn[]): FieldError[] {
  if (!model.preprocessing) return [];
  const known = model.preprocessing.columns;
  const names = (of: readonly EncodedColumn[]) => of.map(({ column }) => column);
  if (names(known).join("\n") !== names(columns).join("\n")) {
    const detail = `takes the columns ${shown(names(known))}; this job has ${shown(names(columns))}: name them in data.dataset.features, in this order`;
    return [{ pointer, detail }];
  }
  return columns.flatMap((column, index): FieldError[] => {
    const difference = differenceOf(known[index] as EncodedColumn, column);
    return difference ? [{ pointer, detail: `${difference}: ${CURE}` }] : [];
  });
}

function differenceOf(known: EncodedColumn, own: EncodedColumn): string | null {
  const { column } = own;
  if (known.kind !== own.kind) return `takes ${column} as ${known.kind}; in this job it is ${own.kind}`;
  if (own.kind === "category" && known.kind === "category") {
    if (known.categories.join("\n") !== own.categories.join("\n"))
      return `has the categories ${shown(known.categories)} of ${column}; this job has ${shown(own.categories)}`;
    return known.encode === own.encode
      ? null
      : `takes ${column} encoded as ${known.encode}; this job encodes it as ${own.encode}`;
  }
  if (own.kind === "text" || known.kind === "text")
    return JSON.stringify(own) === JSON.stringify(known) ? null : `has other terms of ${column} than this job`;
  const partsOf = (of: EncodedColumn) => (of.kind === "datetime" ? of.parts.map(({ part }) => part).join(", ") : "");
  if (partsOf(known) !== partsOf(own)) return `takes ${partsOf(known)} of ${column}; this job takes ${partsOf(own)}`;
  const indicates = (of: EncodedColumn) => "indicator" in of && of.indicator;
  return indicates(known) === indicates(own) ? null : `differs in whether ${column} has an indicator of missing values`;
}

/** Whether the names of classes are just their indexes, and so match any. */
const isPositional = (classes: readonly string[]) => classes.every((label, place) => label === String(place));

/** Classes of the job that the model does not have, in their order. Classes named by index match any. */
export function classErrors({ model, pointer }: ModelStart, classes: readonly string[]): FieldError[] {
  const { classes: known } = model;
  if (isPositional(known) || isPositional(classes) || known.join("\n") === classes.join("\n")) return [];
  const detail = `has the classes ${shown(known)}; this job has ${shown(classes)}`;
  const isPart = classes.every((label) => known.includes(label));
  return [{ pointer, detail: isPart ? `${detail}: ${CURE}` : detail }];
}

const FITS: Readonly<Record<EncodedColumn["kind"], (column: Column) => boolean>> = {
  numeric: ({ type }) => isNumeric(type),
  category: ({ type }) => isCategorical(type),
  datetime: ({ type }) => type === "datetime",
  text: ({ type }) => type === "text" || type === "category",
};

/** The preprocessing of a model for the targets of a job, or why the job cannot keep it. */
export function keptPreprocessing(
  start: ModelStart | null,
  features: readonly Column[],
  targets: readonly Column[],
): { readonly kept: Preprocessing } | { readonly errors: readonly FieldError[] } {
  const refused = (detail: string) => ({ errors: [{ pointer: "/preprocess", detail }] });
  const own = start?.model.preprocessing;
  if (!start) return refused("from_model needs a stored model or a checkpoint in init_from");
  if (!own) return refused("the model has no preprocessing to keep: leave this out");
  const names = own.columns.map(({ column }) => column);
  if (names.join("\n") !== features.map(({ name }) => name).join("\n"))
    return {
      errors: columnErrors(
        start,
        features.map(({ name }) => ({ ...(own.columns[0] as EncodedColumn), column: name })),
      ),
    };
  const unfit = features.filter((column, index) => !FITS[(own.columns[index] as EncodedColumn).kind](column));
  if (unfit.length > 0) return refused(`the model takes ${shown(unfit.map(({ name }) => name))} as a column of another type`);
  if (own.targets.length !== targets.length)
    return refused(`the model has ${own.targets.length} targets, this job ${targets.length}`);
  const scaled = targets.map(({ name }, index) => ({ scaling: null, ...own.targets[index], column: name }));
  return { kept: { columns: own.columns, targets: scaled } };
}

/** Names of the columns of a job that keeps the model's preprocessing and names none. */
export const keptFeatures = (start: ModelStart | null): string[] | undefined =>
  start?.model.preprocessing?.columns.map(({ column }) => column);

/** The classes of the model, and each row's index among them; null if the job has a class that the model does not have. */
export function keptClasses(
  { model }: ModelStart,
  classes: readonly string[],
  codes: Int32Array,
): { readonly classes: readonly string[]; readonly codes: Int32Array } | null {
  const places = classes.map((label) => model.classes.indexOf(label));
  if (places.includes(-1)) return null;
  return { classes: model.classes, codes: codes.map((code) => places[code] ?? -1) };
}
