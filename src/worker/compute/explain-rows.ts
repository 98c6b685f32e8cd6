/** Explained predictions and partial dependence to the JSON of their answers. Runs in a compute thread. */
import type { FieldError } from "../../domain/errors.ts";
import type { Background, BackgroundChoice } from "../../domain/explanations/explanation.ts";
import { explainedPredictions } from "../../domain/explanations/explanation-json.ts";
import { dependenceJson } from "../../domain/explanations/partial-dependence-json.ts";
import { answerAsAsked } from "../../domain/models/answer-options.ts";
import { answerJson } from "../../domain/models/prediction-json.ts";
import type { EncodedAnswer } from "../../domain/ports.ts";
import { columnGroups } from "../../training/evaluate/evaluate-model.ts";
import { readBackground, readRows } from "../../training/explain/background.ts";
import { explainRows } from "../../training/explain/explain.ts";
import { partialDependence } from "../../training/explain/partial-dependence.ts";
import type { ExplainTask, PartialDependenceTask } from "../protocol.ts";
import type { LoadedModel } from "./predictors.ts";

/** The answer to a predict request with `explain`. */
export function answerExplained({ model, predictor }: LoadedModel, { rows, background: drawn }: ExplainTask): EncodedAnswer {
  const { instances, options, explain } = rows;
  const predicted = predictor.predict(instances);
  if (!predicted.ok) return predicted;
  const background = drawn ?? given(model, explain.background);
  if (!("features" in background)) return { ok: false, errors: background };
  const { features } = readRows(model, instances, "/instances");
  const explanations = explainRows(model, predictor.inference, features, background, explain);
  const { predictions } = answerAsAsked(predicted, model, options);
  const columns = columnGroups(model.preprocessing, model.inputWidth).map(({ column }) => column);
  const list = explainedPredictions(model, columns, predictions, explanations, options.topK);
  return encoded(answerJson(model, list, predictions.length, predicted.remarks));
}

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
