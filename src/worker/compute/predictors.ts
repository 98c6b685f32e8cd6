/** Compiled models of one thread, the most recently used ones. */
import { createLru } from "../../domain/memory/lru.ts";
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
  get(key: string): LoadedModel | undefined;
  /** Compiles a model, and caches it under its key as long as there is room. */
  add(key: string, model: Model, weights: TensorSet): LoadedModel;
  forget(modelId: string): void;
}

/** The key of a model whose rows are not counted. */
const uncountedKey = (modelId: string): string => `${modelId} uncounted`;

/** The cache key of a model: with and without counting are two entries. */
export function predictorKey({ id, reference }: Model): string {
  return reference ? id : uncountedKey(id);
}

export function createPredictors(): Predictors {
  const cache = createLru<LoadedModel>({
    maxCount: MAX_MODELS,
    maxBytes: MAX_BYTES,
    bytesOf: ({ predictor }) => predictor.memoryBytes,
  });
  return {
    get: (key) => cache.get(key),
    add(key, model, weights) {
      const loaded = { model, predictor: createPredictor(model, weights) };
      cache.set(key, loaded);
      return loaded;
    },
    forget(modelId) {
      cache.delete(modelId);
      cache.delete(uncountedKey(modelId));
    },
  };
}
