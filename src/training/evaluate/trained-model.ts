/** Describes the result of a training as a model. Does not know how it was trained. */
import type { Job } from "../../domain/jobs/job.ts";
import type { TrainedModel } from "../../domain/ports.ts";
import type { NetworkSpec } from "../../domain/spec/spec.ts";
import { elementCount, type TensorSet } from "../../domain/tensor.ts";
import type { Network } from "../../engine/index.ts";
import type { JobData } from "../data/data.ts";
import { BLOCK, createInference } from "../predict/inference.ts";
import { sha256Of } from "../prepare/digest.ts";
import { receiptOf } from "../prepare/receipt.ts";
import { LOSS_ACTIVATION } from "../run/network.ts";
import { decide, secondOf } from "./threshold.ts";

/** Describes the model whose weights are the first of the tensors. */
export function trainedModel(
  { spec, classes, parameters }: Pick<Job, "classes" | "parameters"> & { readonly spec: NetworkSpec },
  network: Network,
  { train, preprocessing }: Pick<JobData, "train" | "preprocessing">,
  { entries, data }: TensorSet,
): Omit<TrainedModel, "score"> {
  const weights = entries.slice(0, network.tensors.length);
  const count = weights.reduce((total, { shape }) => total + elementCount(shape), 0);
  return {
    task: spec.task,
    preprocessing,
    inputWidth: train.featureWidth,
    outputWidth: network.outputShape.at(-1) as number,
    classes,
    layers: spec.model.layers,
    activation: LOSS_ACTIVATION[spec.loss.type],
    // A criterion is evaluated once, at the end.
    ...decide(spec.decision, () => null),
    ...(spec.loss.type === "pinball" && { quantiles: spec.loss.quantiles }),
    parameters,
    weights,
    sha256: sha256Of(data.subarray(0, count)),
    receipt: receiptOf(spec),
  };
}

/** The model with the threshold that its job asks for, chosen on the validation part. */
export function decidedModel<M extends Omit<TrainedModel, "score">>(
  model: M,
  { decision }: NetworkSpec,
  weights: TensorSet,
  { validation }: JobData,
): M {
  const rows = () => {
    if (!validation) return null;
    const inference = createInference(model, weights, [BLOCK]);
    const outputs = inference.outputs(validation.features, validation.rows);
    inference.release();
    return { probabilities: secondOf(outputs, validation.rows), labels: validation.targets };
  };
  return { ...model, ...decide(decision, rows) };
}
