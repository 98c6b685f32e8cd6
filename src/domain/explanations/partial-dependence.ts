/**
 * Partial dependence (Friedman, "Greedy function approximation", 2001): the mean answer over background rows that all have one value in a
 * column, for values over its range; and the same for single rows, their individual conditional expectation. The options of a request, and
 * its cost.
 */
import { z } from "zod";
import { type FieldError, invalid, TrainyardError } from "../errors.ts";
import type { Model } from "../models/model.ts";
import { modelInputs } from "../models/model-inputs.ts";
import { nearest } from "../spelling.ts";
import {
  assertBackground,
  assertWork,
  type BackgroundChoice,
  backgroundOf,
  backgroundOption,
  type Measured,
  numberCount,
  rowsOf,
  workOfRow,
} from "./explanation.ts";

const MAX_COLUMNS = 50;
const MAX_POINTS = 100;
const DEFAULT_POINTS = 20;
const MAX_ROWS = 20;
/** Maximum numbers in an answer: about two megabytes of JSON. */
const MAX_NUMBERS = 100_000;

/** The body of a request for partial dependence. */
export const partialDependenceBody = z
  .strictObject({
    columns: z
      .array(z.string())
      .min(1)
      .max(MAX_COLUMNS)
      .optional()
      .meta({
        description: `Names of columns; by default the model's first ${MAX_COLUMNS} that are not text.`,
      }),
    points: z
      .int()
      .min(2)
      .max(MAX_POINTS)
      .optional()
      .meta({
        description: `Number of values of a number or datetime, spread evenly over the range of the background rows (default ${DEFAULT_POINTS}); for labels, this many of the first hundred.`,
      }),
    background: backgroundOption.optional(),
    seed: z.int().min(0).optional().meta({ description: "Chooses background rows (default 0)." }),
    instances: z
      .array(z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]))
      .min(1)
      .max(MAX_ROWS)
      .optional()
      .meta({ description: "Rows, as in a predict request, whose own answers are to be varied too." }),
  })
  .meta({ id: "PartialDependenceRequest", examples: [{ columns: ["body_mass_g"], points: 5 }] });

/** A request, with its defaults. */
export interface DependenceRequest {
  /** Indexes of columns among the model's. */
  readonly columns: readonly number[];
  readonly points: number;
  readonly background: BackgroundChoice;
  readonly instances: readonly unknown[];
}

/** How an answer depends on one column. */
export interface Dependence {
  /** The column's index among the model's. */
  readonly column: number;
  readonly values: readonly (number | string)[];
  /** [values, numbers]: the mean over the background rows. */
  readonly mean: Float64Array;
  /** For each row of the request, [values, numbers]. */
  readonly rows: readonly Float64Array[];
}

/** Maximum values tried for a column. */
export const mostValues = ({ preprocessing }: Pick<Model, "preprocessing">, column: number, points: number): number => {
  const encoded = preprocessing?.columns[column];
  return encoded?.kind === "category" ? Math.min(encoded.categories.length, MAX_POINTS) : points;
};

/** Checks a body against a model. Throws invalid for columns that it does not have or that are text, and too_large over a limit. */
export function dependenceRequest(model: Model & Measured, body: z.output<typeof partialDependenceBody>): DependenceRequest {
  const { points = DEFAULT_POINTS, seed = 0, instances = [] } = body;
  const request = {
    columns: columnsOf(model, body.columns),
    points,
    background: backgroundOf(body.background, seed, "/background"),
    instances,
  };
  assertBackground(model, rowsOf(request.background), "/background");
  const numbers = valuesOf(model, request) * (1 + instances.length) * numberCount(model);
  if (numbers > MAX_NUMBERS) {
    const detail = `${numbers} numbers (values x rows x numbers of an answer) are more than the limit of ${MAX_NUMBERS}: name fewer columns, or ask for fewer points`;
    throw new TrainyardError("too_large", detail, [{ pointer: "/columns", detail }]);
  }
  assertWork(dependenceWork(model, request), "", "name fewer columns, or ask for fewer points");
  return request;
}

/** Maximum values of all columns together. */
const valuesOf = (model: Model, { columns, points }: DependenceRequest): number =>
  columns.reduce((total, column) => total + mostValues(model, column, points), 0);

/** Maximum multiply-adds of a request. */
export function dependenceWork(model: Model & Measured, request: DependenceRequest): number {
  return valuesOf(model, request) * (rowsOf(request.background) + request.instances.length) * workOfRow(model);
}

function columnsOf(model: Model, names: readonly string[] | undefined): number[] {
  const inputs = modelInputs(model, Number.POSITIVE_INFINITY);
  if (!names) {
    const places = inputs.flatMap(({ type }, place) => (type === "text" ? [] : [place]));
    if (places.length > 0) return places.slice(0, MAX_COLUMNS);
    throw invalid([{ pointer: "/columns", detail: `has nothing to vary: ${model.name} takes only texts` }]);
  }
  const known = inputs.map(({ name }) => name);
  const errors: FieldError[] = names.flatMap((name, index) => {
    const place = known.indexOf(name);
    if (place >= 0 && inputs[place]?.type !== "text") return [];
    const meant = nearest(name, known);
    const absent = `is not a column of the model${meant === null ? "" : `: did you mean ${meant}?`}`;
    return [{ pointer: `/columns/${index}`, detail: place < 0 ? absent : "is a text column, which has no range to vary over" }];
  });
  if (errors.length > 0) throw invalid(errors);
  return names.map((name) => known.indexOf(name));
}
