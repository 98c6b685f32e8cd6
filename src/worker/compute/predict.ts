/**
 * The three entrances to predictions: now, on the event loop; rows, there or in a thread; streams, in a thread. Owns which of
 * them fits the event loop, and that a thread is given a model it lacks. Knows no format.
 */
import type { Model } from "../../domain/models/model.ts";
import type { BlockReply } from "../../domain/models/prediction.ts";
import type { Predict, PredictionResult } from "../../domain/ports.ts";
import { layerCount, sharedUses } from "../../domain/spec/layer-walks.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import type { Predictor } from "../../training/predict/predict.ts";
import type { ModelTask, PredictBlockTask, PredictRowsTask, WithModel } from "../protocol.ts";
import { wholeBuffers } from "../transfer.ts";
import { batchesOf, joinResults } from "./batches.ts";
import { createPredictors } from "./predictors.ts";

/** Rows and multiply-adds that a prediction on the event loop may have: about a millisecond. */
const INLINE_ROWS = 256;
const INLINE_MULTIPLY_ADDS = 1_000_000;
/** Larger models, and longer ones such as ensembles, are compiled in a thread. */
const INLINE_PARAMETERS = 200_000;
const INLINE_LAYERS = 32;

type Load = () => Promise<TensorSet>;
type PredictTaskName = "predictRows" | "predictBlock";

export interface PredictOptions {
  /** Rows of a document at most. */
  readonly maxRows: number;
  /** Runs a task in a compute thread; the buffers move there. */
  readonly run: (
    name: PredictTaskName,
    task: object,
    buffers: ArrayBuffer[],
    work: { readonly bytes: number; readonly multiplyAdds: number },
  ) => Promise<unknown>;
  readonly predictors: InlinePredictors;
}

/** The entrances. */
export function createPredict({ maxRows, run, predictors: inline }: PredictOptions): Predict {
  /** Runs a task of a model, and once more with the model where the thread lacks it. */
  async function runWithModel<Result>(
    name: PredictTaskName,
    task: ModelTask,
    model: Model,
    load: Load,
    rows: number,
  ): Promise<Result> {
    const multiplyAdds = rows * model.parameters * sharedUses(model.layers);
    const send = async (sent: ModelTask): Promise<WithModel<Result>> => {
      const moved = [...(sent.block ? [sent.block.bytes] : []), ...(sent.source ? [sent.source.weights.data] : [])];
      const work = { bytes: sent.block?.bytes.byteLength ?? 0, multiplyAdds };
      return (await run(name, sent, wholeBuffers(moved), work)) as WithModel<Result>;
    };
    const first = await send(task);
    if (!first.missing) return first.result;
    const { block } = first;
    const second = await send({ ...task, ...(block && { block }), source: { model, weights: await load() } });
    if (second.missing) throw new Error("a thread that was given a model does not have it");
    return second.result;
  }

  return {
    now: (model, instances) => (fitsInline(model, instances.length) ? (inline.known(model)?.predict(instances) ?? null) : null),
    async rows(model, instances, load) {
      if (fitsInline(model, instances.length)) return (await inline.get(model, load)).predict(instances);
      const batches = batchesOf(instances);
      const results: PredictionResult[] = [];
      for (const batch of batches) {
        const task: PredictRowsTask = { modelId: model.id, instances: batch.instances };
        const { length } = batch.instances;
        results.push(await runWithModel<PredictionResult>("predictRows", task, model, load, length));
      }
      return joinResults(batches, results);
    },
    stream(model, block, options, load) {
      const task: PredictBlockTask = { modelId: model.id, block, options, maxRows };
      // A row takes two bytes at the least.
      const mostRows = Math.min(maxRows, block.bytes.byteLength / 2);
      return runWithModel<BlockReply>("predictBlock", task, model, load, mostRows);
    },
  };
}

function fitsInline({ parameters, layers }: Model, rows: number): boolean {
  if (rows > INLINE_ROWS || parameters > INLINE_PARAMETERS || layerCount(layers) > INLINE_LAYERS) return false;
  return rows * parameters * sharedUses(layers) <= INLINE_MULTIPLY_ADDS;
}

/** Compiled models of this thread; requests that come while one is loaded share it. */
export interface InlinePredictors {
  known(model: Model): Predictor | undefined;
  get(model: Model, load: Load): Promise<Predictor>;
  forget(modelId: string): void;
}

/** None at first. */
export function createInlinePredictors(): InlinePredictors {
  const predictors = createPredictors();
  const loading = new Map<string, Promise<Predictor>>();
  const add = async (model: Model, load: Load): Promise<Predictor> => {
    try {
      return predictors.add(model, await load()).predictor;
    } finally {
      loading.delete(model.id);
    }
  };
  return {
    known: (model) => predictors.get(model.id)?.predictor,
    async get(model, load) {
      const known = predictors.get(model.id)?.predictor;
      if (known) return known;
      const loaded = loading.get(model.id) ?? add(model, load);
      loading.set(model.id, loaded);
      return loaded;
    },
    forget: (modelId) => predictors.forget(modelId),
  };
}
