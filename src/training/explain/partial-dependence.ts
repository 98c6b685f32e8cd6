/** How a compiled model's answers depend on one column at a time: over background rows, and for rows of their own. */
import type { EncodedColumn } from "../../domain/datasets/preprocessing.ts";
import { type Background, numberCount } from "../../domain/explanations/explanation.ts";
import { type Dependence, mostValues } from "../../domain/explanations/partial-dependence.ts";
import type { Model } from "../../domain/models/model.ts";
import { encodeValue } from "../data/encoding.ts";
import { columnGroups } from "../evaluate/evaluate-model.ts";
import type { Inference } from "../predict/inference.ts";
import { createComposites } from "./composites.ts";

/** What is varied. */
export interface DependenceQuestion {
  /** Indexes of columns among the model's. */
  readonly columns: readonly number[];
  /** Values of a number or datetime. */
  readonly points: number;
  readonly background: Background;
  /** [rows, inputWidth]: rows that are varied individually. */
  readonly features: Float32Array;
}

/** The dependence on each column, in their order. */
export function partialDependence(model: Model, inference: Inference, question: DependenceQuestion): Dependence[] {
  const { columns, points, background, features } = question;
  const { inputWidth, preprocessing } = model;
  const groups = columnGroups(preprocessing, inputWidth);
  const numbers = numberCount(model);
  const composites = createComposites(model, inference);
  const own = Array.from({ length: features.length / inputWidth }, (_, row) =>
    features.subarray(row * inputWidth, (row + 1) * inputWidth),
  );
  const others = Array.from({ length: background.rows }, (_, row) =>
    background.features.subarray(row * inputWidth, (row + 1) * inputWidth),
  );
  return columns.map((column) => {
    const { start, width } = groups[column] as (typeof groups)[number];
    const encoded = preprocessing?.columns[column] ?? null;
    const values = valuesOf(encoded, background.ranges, column, mostValues(model, column, points));
    const cells = values.map((value) => {
      const cell = new Float32Array(width);
      if (encoded && encoded.kind !== "text") encodeValue(encoded, value, cell, 0);
      else cell[0] = value;
      return cell;
    });
    /** The mean over rows with each value in the column. */
    const varied = (rows: readonly Float32Array[]): Float64Array => {
      const sums = new Float64Array(values.length * numbers);
      cells.forEach((cell, place) => {
        for (const row of rows) {
          const offset = composites.begin((answer) => {
            for (let at = 0; at < numbers; at++)
              sums[place * numbers + at] = (sums[place * numbers + at] as number) + (answer[at] as number) / rows.length;
          });
          composites.x.set(row, offset);
          composites.x.set(cell, offset + start);
        }
      });
      composites.flush();
      return sums;
    };
    return {
      column,
      values: values.map((value) => shownValue(encoded, value)),
      mean: varied(others),
      rows: own.map((row) => varied([row])),
    };
  });
}

/** Values over the range of the background rows, or indexes of labels; none if all are missing. */
function valuesOf(encoded: EncodedColumn | null, ranges: Float64Array, column: number, most: number): number[] {
  if (encoded?.kind === "category") return Array.from({ length: most }, (_, place) => place);
  const [least, greatest] = [ranges[column * 2] as number, ranges[column * 2 + 1] as number];
  if (Number.isNaN(least)) return [];
  const isWhole = encoded?.kind === "datetime" || (encoded?.kind === "numeric" && encoded.integer);
  const spaced = Array.from({ length: most }, (_, place) => {
    const value = place === most - 1 ? greatest : least + ((greatest - least) * place) / (most - 1);
    return isWhole ? Math.round(value) : value;
  });
  return [...new Set(spaced)];
}

/** A value as a row to predict has it. */
function shownValue(encoded: EncodedColumn | null, value: number): number | string {
  if (encoded?.kind === "category") return encoded.categories[value] as string;
  return encoded?.kind === "datetime" ? new Date(value).toISOString() : value;
}
