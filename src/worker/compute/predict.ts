/**
 * The three entrances to predictions: now, on the event loop; rows, there or in a thread; streams, in a thread. Decides which work fits the
 * event loop, and sends a thread the model that it lacks. Knows no format.
 */

import { BLOCK_WORK } from "../../domain/explanations/explanation.ts";
import { type Model, unmonitored } from "../../domain/models/model.ts";
import type { BlockReply } from "../../domain/models/prediction.ts";
import type { Predict, PredictionResult } from "../../domain/ports.ts";
import { layerCount } from "../../domain/spec/layer-walks.ts";
import type { Predictor } from "../../training/predict/predict.ts";
import type { PredictBlockTask, PredictRowsTask } from "../protocol.ts";
import { batchesOf, joinResults } from "./batches.ts";
import type { Load, ModelRunner } from "./model-runner.ts";
import type { PredictionCounting } from "./prediction-counts.ts";
import { createPredictors, predictorKey } from "./predictors.ts";

/** Maximum rows and multiply-adds of a prediction on the event loop: about a millisecond. */
const INLINE_ROWS = 256;
const INLINE_MULTIPLY_ADDS = 1_000_000;
/** Larger models, and longer ones such as ensembles, are compiled in a thread. */
const INLINE_PARAMETERS = 200_000;
const INLINE_LAYERS = 32;

export interface PredictOptions {
  /** Maximum rows of a document. */
  readonly maxRows: number;
  readonly run: ModelRunner;
  readonly predictors: InlinePredictors;
  readonly counting: PredictionCounting;
  /** Multiply-adds of predicting a row. */
  multiplyAdds(model: Model): number;
}

/** The entrances. */
export function createPredict({ maxRows, run, predictors: inline, counting, multiplyAdds }: PredictOptions): Predict {
  const fitsInline = (model: Model, rows: number): boolean =>
    rows <= INLINE_ROWS &&
    model.parameters <= INLINE_PARAMETERS &&
    layerCount(model.layers) <= INLINE_LAYERS &&
    rows * multiplyAdds(model) <= INLINE_MULTIPLY_ADDS;
  const sampled = (model: Model, instances: readonly unknown[], result: PredictionResult): PredictionResult => {
    if (result.ok) counting.drawOf(model)?.offer(instances, result.predictions);
    return result;
  };
  const predictHere = (predictor: Predictor, model: Model, instances: readonly unknown[]): PredictionResult => {
    const result = predictor.predict(instances);
    if (predictor.tally) counting.tallied(predictor.tally);
    return sampled(model, instances, result);
  };
  return {
    now(model, instances) {
      const predictor = fitsInline(model, instances.length) ? inline.known(model) : undefined;
      return predictor ? predictHere(predictor, model, instances) : null;
    },
    async rows(model, instances, load) {
      if (fitsInline(model, instances.length)) return predictHere(await inline.get(model, load), model, instances);
      const batches = batchesOf(instances);
      const results: PredictionResult[] = [];
      for (const batch of batches) {
        const task: PredictRowsTask = { modelKey: predictorKey(model), instances: batch.instances };
        const { length } = batch.instances;
        results.push(await run<PredictionResult>("predictRows", task, model, load, length * multiplyAdds(model)));
      }
      return sampled(model, instances, joinResults(batches, results));
    },
    async stream(model, block, asked, load) {
      const options = counting.drawOf(model) ? { ...asked, samples: true } : asked;
      const task: PredictBlockTask = { modelKey: predictorKey(model), block, options, maxRows };
      // A row takes at least two bytes.
      const mostRows = Math.min(maxRows, block.bytes.byteLength / 2);
      const explaining = options.document?.drawn?.work ?? (options.explain ? BLOCK_WORK : 0);
      const reply = await run<BlockReply>("predictBlock", task, model, load, mostRows * multiplyAdds(model) + explaining);
      if (reply.ok && reply.sampled) counting.drawOf(model)?.add(reply.sampled);
      return reply;
    },
  };
}

/** Compiled models of this thread; requests that arrive while one is loaded share it. */
export interface InlinePredictors {
  known(model: Model): Predictor | undefined;
  get(model: Model, load: Load): Promise<Predictor>;
  forget(modelId: string): void;
}

/** Empty at first. */
export function createInlinePredictors(monitors: boolean): InlinePredictors {
  const predictors = createPredictors();
  const loading = new Map<string, Promise<Predictor>>();
  const add = async (model: Model, load: Load): Promise<Predictor> => {
    const key = predictorKey(model);
    try {
      return predictors.add(key, monitors ? model : unmonitored(model), await load()).predictor;
    } finally {
      loading.delete(key);
    }
  };
  return {
    known: (model) => predictors.get(predictorKey(model))?.predictor,
    async get(model, load) {
      const key = predictorKey(model);
      const known = predictors.get(key)?.predictor;
      if (known) return known;
      const loaded = loading.get(key) ?? add(model, load);
      loading.set(key, loaded);
      return loaded;
    },
    forget: (modelId) => predictors.forget(modelId),
  };
}
