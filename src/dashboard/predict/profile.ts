/**
 * How an answer changes with one field of a row while the others stay as they are: individual conditional expectation (Goldstein et al.,
 * "Peeking inside the black box", 2015), beside its mean over training rows: partial dependence. Pure.
 */
import type { ColumnDependence, Model, PredictionAnswer } from "../../client/answers.ts";
import type { ColumnType } from "../../domain/datasets/dataset.ts";
import type { Cell } from "../plots/field.ts";
import { type Domain, domainOf, shareOf, spaced } from "../plots/scale.ts";
import { figureOf as numberOf } from "./contributions.ts";
import { instanceOf, type RowTexts } from "./row.ts";

/** Number of values tried for a number, and maximum categories. */
const POINTS = 25;
const MAX_CATEGORIES = 12;

export type Reach = Domain | null;

/** The rows that vary one field of a row after the other, and the field of each stretch of them. */
export interface VariedRows {
  readonly instances: ReturnType<typeof instanceOf>[];
  readonly spans: readonly { readonly input: number; readonly values: readonly Cell[] }[];
}

/** The effect of one field on the answer. */
export interface Profile {
  readonly values: readonly Cell[];
  /** A value of the answer for each; null if it was not finite. */
  readonly answers: readonly (number | null)[];
  /** Where each lies between the least and the greatest answer of all fields: 0 to 1. */
  readonly heights: readonly number[];
  /** The mean over training rows, at its own values; left out if it is not known. */
  readonly mean?: { readonly values: readonly Cell[]; readonly heights: readonly number[] };
}

/** How answers depend on columns over training rows, by the index of the input. */
export type Dependences = ReadonlyMap<number, ColumnDependence>;

const NO_DEPENDENCES: Dependences = new Map();

/** Varies each field that has a range or categories. `reaches` are the ranges of numbers by the index of the input. */
export function variedRows(model: Model, texts: RowTexts, reaches: readonly Reach[]): VariedRows {
  const own = instanceOf(model, texts);
  const spans = (model.inputs ?? []).flatMap(({ type, categories }, input) => {
    const values =
      type === "number" || type === "integer" ? numbersOf(reaches[input] ?? null, type) : choicesOf(type, categories);
    return values.length > 1 && (reaches[input] || values.length <= MAX_CATEGORIES) ? [{ input, values }] : [];
  });
  const instances = spans.flatMap(({ input, values }) => values.map((value) => own.with(input, value)));
  return { instances, spans };
}

const choicesOf = (type: ColumnType, categories: readonly string[] | null): readonly string[] =>
  type === "boolean" ? (categories ?? ["false", "true"]) : (categories ?? []);

function numbersOf(reach: Reach, type: "number" | "integer"): readonly number[] {
  if (!reach || !(reach.max > reach.min)) return [];
  const values = spaced(reach, POINTS);
  return type === "integer" ? [...new Set(values.map(Math.round))] : values;
}

/**
 * The profiles of answers to varied rows, by the index of the input, on one scale: probabilities of the class `label` between 0 and
 * 1, or values of the first target between the least and the greatest.
 */
export function profilesOf(
  { spans }: VariedRows,
  answers: readonly PredictionAnswer[],
  label: string | null,
  dependences: Dependences = NO_DEPENDENCES,
): ReadonlyMap<number, Profile> {
  const figures = answers.map((answer) => figureOf(answer, label));
  const means = new Map(
    spans.flatMap(({ input }) => {
      const dependence = dependences.get(input);
      return dependence ? [[input, dependence.mean.map((each) => numberOf(each, label))] as const] : [];
    }),
  );
  const scale = label === null ? domainOf([...figures, ...[...means.values()].flat()]) : { min: 0, max: 1 };
  const heightOf = (figure: number | null) => (figure === null ? 0 : shareOf(scale, figure));
  const profiles = new Map<number, Profile>();
  let at = 0;
  for (const { input, values } of spans) {
    const own = figures.slice(at, at + values.length);
    at += values.length;
    const mean = means.get(input);
    profiles.set(input, {
      values,
      answers: own,
      heights: own.map(heightOf),
      ...(mean && { mean: { values: dependences.get(input)?.values ?? [], heights: mean.map(heightOf) } }),
    });
  }
  return profiles;
}

function figureOf(answer: PredictionAnswer, label: string | null): number | null {
  const figure = "value" in answer ? [answer.value].flat()[0] : answer.probabilities[label ?? ""];
  return typeof figure === "number" && Number.isFinite(figure) ? figure : null;
}
