/** Runs tasks with models in threads: a thread caches its models, and gets a model that it lacks. */
import { type Model, unmonitored } from "../../domain/models/model.ts";
import type { PredictionCounts } from "../../domain/monitoring/tally.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import type { ModelTask, WithModel } from "../protocol.ts";
import { wholeBuffers } from "../transfer.ts";

/** Tasks that need a cached model. */
type ModelTaskName = "predictRows" | "predictBlock" | "explain" | "partialDependence";

/** Runs a task in a compute thread; the buffers move there. */
export type RunTask = (
  name: ModelTaskName,
  task: object,
  buffers: ArrayBuffer[],
  work: { readonly bytes: number; readonly multiplyAdds: number },
) => Promise<unknown>;

/** Reads the weights of a model. */
export type Load = () => Promise<TensorSet>;

/** Runs a task of this many multiply-adds, and again with the model if the thread lacks it. */
export type ModelRunner = <Result>(
  name: ModelTaskName,
  task: ModelTask,
  model: Model,
  load: Load,
  multiplyAdds: number,
) => Promise<Result>;

export interface RunnerOptions {
  /** Whether predictions are counted. */
  readonly monitors: boolean;
  /** Receives a thread's counts of predictions. */
  readonly onCounted: (modelId: string, counts: PredictionCounts) => void;
}

/** Creates a runner on the threads of a pool. */
export function createModelRunner(run: RunTask, { monitors, onCounted }: RunnerOptions): ModelRunner {
  return async <Result>(
    name: ModelTaskName,
    task: ModelTask,
    model: Model,
    load: Load,
    multiplyAdds: number,
  ): Promise<Result> => {
    const send = async (sent: ModelTask): Promise<WithModel<Result>> => {
      const moved = [...(sent.block ? [sent.block.bytes] : []), ...(sent.source ? [sent.source.weights.data] : [])];
      const work = { bytes: sent.block?.bytes.byteLength ?? 0, multiplyAdds };
      const reply = (await run(name, sent, wholeBuffers(moved), work)) as WithModel<Result>;
      if (!reply.missing && reply.counted) onCounted(model.id, reply.counted);
      return reply;
    };
    const first = await send(task);
    if (!first.missing) return first.result;
    const { block } = first;
    const source = { model: monitors ? model : unmonitored(model), weights: await load() };
    const second = await send({ ...task, ...(block && { block }), source });
    if (second.missing) throw new Error("a thread that was given a model does not have it");
    return second.result;
  };
}
