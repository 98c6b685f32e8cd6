/** Explained predictions and partial dependence, and the JSON of their answers. Runs in a compute thread. */
import type { FieldError } from "../../domain/errors.ts";
import {
  type Background,
  type BackgroundChoice,
  type ExplainRequest,
  type Explanation,
  rowsOf,
} from "../../domain/explanations/explanation.ts";
import { explainedWriter } from "../../domain/explanations/explanation-json.ts";
import { dependenceJson } from "../../domain/explanations/partial-dependence-json.ts";
import { answerAsAsked } from "../../domain/models/answer-options.ts";
import type { Model } from "../../domain/models/model.ts";
import { answerJson } from "../../domain/models/prediction-json.ts";
import type { EncodedAnswer } from "../../domain/ports.ts";
import { columnGroups } from "../../training/evaluate/evaluate-model.ts";
import { readBackground, readRows } from "../../training/explain/background.ts";
import { explainRows } from "../../training/explain/explain.ts";
import { partialDependence } from "../../training/explain/partial-dependence.ts";
import type { ExplainTask, PartialDependenceTask } from "../protocol.ts";
import type { LoadedModel } from "./predictors.ts";

/** The answer to a predict request with `explain`. */
export function answerExplained(
  loaded: LoadedModel,
  { rows, background: drawn }: Pick<ExplainTask, "rows" | "background">,
): EncodedAnswer {
  const { model, predictor } = loaded;
  const { instances, options, explain: asked } = rows;
  const predicted = predictor.predict(instances);
  if (!predicted.ok) return predicted;
  const background = drawn ?? given(model, asked.background);
  if (!("features" in background)) return { ok: false, errors: background };
  const explanations = explain(loaded, instances, background, asked);
  const { predictions } = answerAsAsked(predicted, model, options);
  const write = explainedWriter(model, columnNames(model));
  const list = predictions.map((prediction, row) => write(prediction, explanations[row] as Explanation, options.topK));
  return encoded(answerJson(model, list.join(), predictions.length, predicted.remarks));
}

/** Explains rows that were already predicted, and so are valid. */
export function explain(
  { model, predictor }: LoadedModel,
  instances: readonly unknown[],
  background: Background,
  asked: ExplainRequest,
): Explanation[] {
  const { features } = readRows(model, instances, "/instances");
  return explainRows(model, predictor.inference, features, background, { ...asked, askedRows: rowsOf(asked.background) });
}

/** The names of a model's columns, or their indexes if they have none. */
export const columnNames = ({ preprocessing, inputWidth }: Model): string[] =>
  columnGroups(preprocessing, inputWidth).map(({ column }) => column);

/** The answer to a request for partial dependence. */
export function answerDependence(
  { model, predictor }: LoadedModel,
  { request, background: drawn }: PartialDependenceTask,
): EncodedAnswer {
  const background = drawn ?? given(model, request.background);
  if (!("features" in background)) return { ok: false, errors: background };
  const { features, errors } = readRows(model, request.instances, "/instances");
  if (errors.length > 0) return { ok: false, errors };
  const dependences = partialDependence(model, predictor.inference, { ...request, background, features });
  return encoded(dependenceJson(model, background.rows, dependences));
}

function given(model: LoadedModel["model"], choice: BackgroundChoice): Background | readonly FieldError[] {
  if (!("instances" in choice)) throw new Error("the background of a request was not read");
  return readBackground(model, choice.instances, choice.pointer);
}

const encoded = (json: string): EncodedAnswer => ({ ok: true, bytes: new TextEncoder().encode(json) });
