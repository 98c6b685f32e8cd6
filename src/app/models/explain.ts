/** Explains predictions, and computes how they depend on columns. A thread computes both and writes the answers. */
import { invalid } from "../../domain/errors.ts";
import { assertExplainable, type BackgroundChoice, type Measured } from "../../domain/explanations/explanation.ts";
import { dependenceRequest } from "../../domain/explanations/partial-dependence.ts";
import type { Model } from "../../domain/models/model.ts";
import { assertPredictable } from "../../domain/models/prediction.ts";
import type { EncodedAnswer, ExplainedRows } from "../../domain/ports.ts";
import type { ProjectServices } from "../services.ts";
import { readBackground } from "./background.ts";
import { findModel, readWeights } from "./find-model.ts";

/**
 * Predicts rows with their explanations. Returns the JSON of the answer as UTF-8. Throws too_large over a limit, invalid with the rows and
 * values that are wrong, conflict if the training rows are not available, and not_found when the model was deleted.
 */
export async function explainRows(services: ProjectServices, model: Model, rows: ExplainedRows): Promise<Uint8Array> {
  const { instances, options, explain } = rows;
  assertPredictable(model, { rows: instances.length, ...options }, services.limits.predictRows);
  assertExplainable(measured(services, model), instances.length, explain);
  const background = await drawn(services, model, explain.background, "/explain/background");
  return bytesOf(await services.computePool.explain(model, rows, background, () => readWeights(services, model.id)));
}

/** Computes partial dependence. Returns the JSON of the answer as UTF-8. Throws what `explainRows` throws. */
export async function partialDependence(
  services: ProjectServices,
  ref: string,
  body: Parameters<typeof dependenceRequest>[1],
): Promise<Uint8Array> {
  const model = await findModel(services, ref);
  const request = dependenceRequest(measured(services, model), body);
  const background = await drawn(services, model, request.background, "/background");
  const load = () => readWeights(services, model.id);
  return bytesOf(await services.computePool.partialDependence(model, request, background, load));
}

/** The rows that trained the model, unless the request has its own. */
function drawn(services: ProjectServices, model: Model, choice: BackgroundChoice, pointer: string) {
  return "count" in choice ? readBackground(services, model, choice, pointer) : Promise.resolve(null);
}

function bytesOf(answer: EncodedAnswer): Uint8Array {
  if (!answer.ok) throw invalid(answer.errors);
  return answer.bytes;
}

/** A model with the cost of predicting one row. */
export const measured = ({ computePool }: ProjectServices, model: Model): Model & Measured => ({
  ...model,
  multiplyAdds: computePool.multiplyAdds(model),
});
