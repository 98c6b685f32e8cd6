/** The periodic embedding of numbers: cosines and sines of trainable frequencies, separate for each feature. */
import { cos, GraphError, mul, reshape, type Shape, sin, sizeOf } from "../../graph.ts";
import { cat } from "../functional.ts";
import type { Initialise } from "../initialisers.ts";
import { type LayerType, shapeText } from "./layer.ts";

export interface PeriodicSpec {
  readonly type: "periodic";
  /** Frequencies of each feature; default 48. */
  readonly frequencies?: number | undefined;
  /** The initial standard deviation of the frequencies; default 0.01. */
  readonly sigma?: number | undefined;
}

const FREQUENCIES = 48;
const SIGMA = 0.01;

/**
 * [n] becomes [n, 2 · frequencies]: cos(2π w x) and then sin(2π w x), with the weight w [n, frequencies]. Gorishniy et al., "On
 * embeddings for numerical features in tabular deep learning", 2022, section 3.3; order, defaults and initial values of the
 * package rtdl_num_embeddings. Followed by linear and relu it is their PLR(lite), by per_feature_linear and relu PLR.
 */
export const periodic: LayerType<PeriodicSpec> = {
  outputShape({ frequencies = FREQUENCIES }, inputShape) {
    if (inputShape.length !== 1)
      throw new GraphError(`periodic takes rows of numbers, not ${shapeText(inputShape)}: put a flatten before it`);
    return [inputShape[0] as number, 2 * frequencies];
  },
  tensors({ frequencies = FREQUENCIES, sigma = SIGMA }, [features = 0]) {
    const shape = [features, frequencies];
    return [{ name: "weight", shape, initialise: truncatedNormal(shape, sigma), trainable: true }];
  },
  forward(x, _, { tensor }) {
    const angles = mul(mul(tensor("weight"), 2 * Math.PI), reshape(x, [...x.shape, 1]));
    return cat([cos(angles), sin(angles)], -1);
  },
};

/** Numbers further from 0, in standard deviations, are drawn again. */
const BOUND = 3;

/** The distribution of torch.nn.init.trunc_normal_: N(0, std) within three standard deviations. */
const truncatedNormal =
  (shape: Shape, std: number): Initialise =>
  (random) =>
    Float64Array.from({ length: sizeOf(shape) }, () => {
      let z = random.normal();
      while (Math.abs(z) > BOUND) z = random.normal();
      return std * z;
    });
