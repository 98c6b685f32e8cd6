/** A separate linear layer for each feature of a row: y[i] = x[i] W[i] + b[i]. */
import { add, GraphError, matmul, permute, sizeOf } from "../../graph.ts";
import { unitsOf } from "./affine.ts";
import { type LayerType, shapeText } from "./layer.ts";
import { uniformRoot } from "./uniform-root.ts";

export interface PerFeatureLinearSpec {
  readonly type: "per_feature_linear";
  /** Output width. */
  readonly units?: number | undefined;
  /** Default true. */
  readonly bias?: boolean | undefined;
}

/**
 * [n, in] becomes [n, units], with weight [n, in, units] and bias [n, units]: NLinear of Gorishniy et al., "On embeddings for
 * numerical features in tabular deep learning", 2022 (package rtdl_num_embeddings), and LinearEnsemble of their TabM, 2024, which
 * gives each of n members an output of its own. All values start uniform over ±1/√in.
 */
export const perFeatureLinear: LayerType<PerFeatureLinearSpec> = {
  outputShape({ units }, inputShape) {
    if (inputShape.length !== 2)
      throw new GraphError(
        `per_feature_linear takes [features, in], not ${shapeText(inputShape)}: put a periodic or a reshape before it`,
      );
    return [inputShape[0] as number, unitsOf("per_feature_linear", units)];
  },
  tensors({ units, bias = true }, inputShape) {
    const [n, width] = inputShape as [number, number];
    const out = unitsOf("per_feature_linear", units);
    const weight = { name: "weight", shape: [n, width, out], initialise: uniformRoot([n, width, out], width), trainable: true };
    if (!bias) return [weight];
    return [weight, { name: "bias", shape: [n, out], initialise: uniformRoot([n, out], width), trainable: true }];
  },
  multiplyAdds: ({ units }, inputShape) => sizeOf(inputShape) * unitsOf("per_feature_linear", units),
  forward(x, { bias = true }, { tensor }) {
    const product = permute(matmul(permute(x, [1, 0, 2]), tensor("weight")), [1, 0, 2]);
    return bias ? add(product, tensor("bias")) : product;
  },
};
