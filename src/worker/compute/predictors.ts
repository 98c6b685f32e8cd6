/** Compiled models, the most recently used ones, of one thread. */
import { createLru } from "../../domain/lru.ts";
import type { Model } from "../../domain/models/model.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { createPredictor, type Predictor } from "../../training/predict/predict.ts";

const MAX_MODELS = 64;
const MAX_BYTES = 256 * 1024 * 1024;

/** A model that is ready to predict. */
export interface LoadedModel {
  readonly model: Model;
  readonly predictor: Predictor;
}

export interface Predictors {
  get(modelId: string): LoadedModel | undefined;
  /** Compiles a model, and keeps it as long as there is room. */
  add(model: Model, weights: TensorSet): LoadedModel;
  forget(modelId: string): void;
}

export function createPredictors(): Predictors {
  const cache = createLru<LoadedModel>({
    maxCount: MAX_MODELS,
    maxBytes: MAX_BYTES,
    bytesOf: ({ predictor }) => predictor.memoryBytes,
  });
  return {
    get: (modelId) => cache.get(modelId),
    add(model, weights) {
      const loaded = { model, predictor: createPredictor(model, weights) };
      cache.set(model.id, loaded);
      return loaded;
    },
    forget: (modelId) => cache.delete(modelId),
  };
}
