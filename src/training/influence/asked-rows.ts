/** The rows of a request whose predictions are followed: their errors, and which output is followed. */

import { fitsFloat32 } from "../../domain/datasets/column-reader.ts";
import type { FieldError } from "../../domain/errors.ts";
import type { Changes, InfluencedPrediction, InfluenceOptions } from "../../domain/explanations/influence.ts";
import { chooseClass } from "../../domain/models/decision.ts";
import type { Model } from "../../domain/models/model.ts";
import { valuePlace } from "../../domain/quantiles.ts";
import { deterministicMath } from "../../engine/index.ts";
import { answerNumbers } from "../predict/answer-numbers.ts";
import { createRowReader, readInstances } from "../predict/instances.ts";

/** What reads the rows and answers of a model. */
type AskedModel = Pick<Model, "task" | "classes" | "preprocessing" | "inputWidth" | "outputWidth" | "quantiles" | "threshold">;
type Asked = Pick<InfluenceOptions, "instances" | "actual" | "output">;

/** The features of the rows, [instances, inputWidth], and their errors. */
export function readAsked(
  model: AskedModel,
  { instances }: Asked,
): { readonly features: Float32Array; readonly errors: FieldError[] } {
  const features = new Float32Array(instances.length * model.inputWidth);
  const read = createRowReader(model, () => undefined);
  return { features, errors: readInstances(read, instances, model.inputWidth, features) };
}

/** The errors of the actual values, and of the followed output. */
export function askedErrors(model: AskedModel, { instances, actual, output }: Asked): FieldError[] {
  const names = outputNames(model);
  const errors: FieldError[] = [];
  if (actual && actual.length !== instances.length)
    errors.push({
      pointer: "/actual",
      detail: `has ${actual.length} values for ${instances.length} instances: give one for each`,
    });
  actual?.forEach((value, index) => {
    const fault = actualFault(model, value);
    if (fault) errors.push({ pointer: `/actual/${index}`, detail: fault });
  });
  if (output !== undefined && !names.includes(String(output))) {
    const detail = names.length > 0 ? `is not one of ${shown(names)}` : "the model has one output without a name: leave it out";
    errors.push({ pointer: "/output", detail });
  }
  return errors;
}

function actualFault(model: AskedModel, value: NonNullable<Asked["actual"]>[number]): string | null {
  if (model.classes.length > 0)
    return model.classes.includes(String(value)) ? null : `is not one of the model's classes: ${shown(model.classes)}`;
  const width = followedCount(model);
  const values = Array.isArray(value) ? value : [value];
  if (values.length !== width) return `has ${values.length} values; the model predicts ${width}`;
  return values.every(fitsFloat32) ? null : "must be a finite number that fits float32, in the target's units";
}

const MAX_SHOWN = 20;
const shown = (names: readonly string[]): string =>
  names.slice(0, MAX_SHOWN).join(", ") + (names.length > MAX_SHOWN ? `, and ${names.length - MAX_SHOWN} more` : "");

/** Outputs of an answer that can be followed: of quantiles, only the one nearest to the median. */
const followedCount = ({ classes, quantiles, outputWidth }: AskedModel): number =>
  classes.length > 0 ? classes.length : quantiles ? 1 : outputWidth;

/** Their names: classes, target columns, or the indexes of targets without names; none for a single target without one. */
function outputNames(model: AskedModel): readonly string[] {
  if (model.classes.length > 0) return model.classes;
  if (model.preprocessing) return model.preprocessing.targets.map(({ column }) => column);
  const count = followedCount(model);
  return count === 1 ? [] : Array.from({ length: count }, (_, place) => String(place));
}

/** The outputs of an answer that can be followed. */
function answerOf(model: AskedModel, outputs: Float32Array, offset: number): number[] {
  const numbers = answerNumbers(model, outputs, offset);
  return model.quantiles ? [numbers[valuePlace(model.quantiles)] as number] : numbers;
}

/** Which output of an instance is followed. */
export interface Followed extends Pick<InfluencedPrediction, "output" | "type" | "prediction" | "actual" | "loss"> {
  /** How prediction and loss differ, of outputs [answers, instances, outputWidth], from those that were followed. */
  changes(outputs: Float32Array): Changes;
}

/** The followed output of each instance, by the outputs [instances, outputWidth] of the network trained on all rows. */
export function followedOf(model: AskedModel, asked: Asked, outputs: Float32Array): Followed[] {
  const { outputWidth, classes } = model;
  const names = outputNames(model);
  const width = asked.instances.length * outputWidth;
  return asked.instances.map((_, index): Followed => {
    const offset = index * outputWidth;
    const actual = asked.actual?.[index];
    const named = asked.output ?? (classes.length > 0 ? actual : undefined);
    const predicted = classes.length > 0 ? chooseClass(outputs, offset, outputWidth, model.threshold) : 0;
    const place = named === undefined ? predicted : names.indexOf(String(named));
    const first = answerOf(model, outputs, offset);
    const prediction = first[place] as number;
    const loss = actual === undefined ? null : lossOf(model, first, actual);
    const of = (all: Float32Array, read: (answer: readonly number[]) => number) =>
      Float64Array.from({ length: all.length / width }, (_, row) => read(answerOf(model, all, row * width + offset)));
    return {
      output: names[place] ?? null,
      type: classes.length > 0 ? "probability" : "value",
      prediction,
      ...(actual !== undefined &&
        loss !== null && {
          actual,
          loss: { type: classes.length > 0 ? ("log_loss" as const) : ("squared_error" as const), value: loss },
        }),
      changes: (all) => ({
        prediction: of(all, (answer) => (answer[place] as number) - prediction),
        loss: actual === undefined || loss === null ? null : of(all, (answer) => lossOf(model, answer, actual) - loss),
      }),
    };
  });
}

/** Log loss of classes, with probabilities kept one step of float64 away from 0; mean squared error of values. */
function lossOf({ classes }: AskedModel, answer: readonly number[], actual: NonNullable<Asked["actual"]>[number]): number {
  if (classes.length > 0) {
    const probability = answer[classes.indexOf(String(actual))] as number;
    return Number.isNaN(probability) ? Number.NaN : -deterministicMath.log(Math.max(probability, Number.EPSILON));
  }
  const values = (Array.isArray(actual) ? actual : [actual]) as readonly number[];
  return answer.reduce((sum, value, place) => sum + (value - (values[place] as number)) ** 2, 0) / answer.length;
}
