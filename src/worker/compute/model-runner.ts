/** Runs tasks of models in threads: a thread keeps the models that it was given, and is given one that it lacks. */
import type { Model } from "../../domain/models/model.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import type { ModelTask, WithModel } from "../protocol.ts";
import { wholeBuffers } from "../transfer.ts";

/** Tasks that need a model which the thread keeps. */
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

/** Runs a task that takes so many multiply-adds, and once more with the model where the thread lacks it. */
export type ModelRunner = <Result>(
  name: ModelTaskName,
  task: ModelTask,
  model: Model,
  load: Load,
  multiplyAdds: number,
) => Promise<Result>;

/** Creates a runner on the threads of a pool. */
export function createModelRunner(run: RunTask): ModelRunner {
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
      return (await run(name, sent, wholeBuffers(moved), work)) as WithModel<Result>;
    };
    const first = await send(task);
    if (!first.missing) return first.result;
    const { block } = first;
    const second = await send({ ...task, ...(block && { block }), source: { model, weights: await load() } });
    if (second.missing) throw new Error("a thread that was given a model does not have it");
    return second.result;
  };
}
