/** Predict: rows to predictions of a model. */
import { invalid, notFound, TrainyardError } from "../domain/errors.ts";
import type { Prediction } from "../domain/model.ts";
import type { Services } from "./services.ts";

/** A prediction a row. Throws not_found, too_large, or invalid with the rows and values that are wrong. */
export async function predict(
  { store, desk, limits }: Services,
  modelId: string,
  instances: readonly unknown[],
): Promise<readonly Prediction[]> {
  if (instances.length === 0) throw invalid([{ pointer: "/instances", detail: "must have at least one row" }]);
  if (instances.length > limits.predictRows) {
    const detail = `${instances.length} rows are more than the limit of ${limits.predictRows} (TRAINYARD_MAX_PREDICT_ROWS)`;
    throw new TrainyardError("too_large", detail, [{ pointer: "/instances", detail }]);
  }
  const model = await store.getModel(modelId);
  if (!model) throw notFound("model", modelId);
  const result = await desk.predict(model, instances, async () => {
    const weights = await store.readWeights(modelId);
    if (!weights) throw notFound("model", modelId);
    return weights;
  });
  if (!result.ok) throw invalid(result.errors);
  return result.predictions;
}
