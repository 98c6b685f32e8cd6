/**
 * Parameter-efficient ensembles of one network: members share weights and differ in factors. Gorishniy et al., "TabM: advancing
 * tabular deep learning with parameter-efficient ensembling", 2024 (arXiv 2410.24210, package tabm), after Wen et al.,
 * "BatchEnsemble", 2020. How members are trained is in training/run/build.ts.
 */
import { add, GraphError, matmul, mul, reshape, type Shape, sizeOf } from "../../graph.ts";
import { mean } from "../functional.ts";
import { type Initialise, initialiser } from "../initialisers.ts";
import { unitsOf } from "./affine.ts";
import { type LayerType, shapeText } from "./layer.ts";
import { uniformRoot } from "./uniform-root.ts";

type ScalingInit = "ones" | "normal" | "random_signs";

export interface BatchEnsembleLinearSpec {
  readonly type: "batch_ensemble_linear";
  /** Default 32. */
  readonly members?: number | undefined;
  /** Output width. */
  readonly units?: number | undefined;
  /** Default true. */
  readonly bias?: boolean | undefined;
  /** How r starts. Default random_signs for an input without members, which makes them differ, else ones. s starts as ones. */
  readonly scaling_init?: ScalingInit | undefined;
}

const MEMBERS = 32;
const TYPE = "batch_ensemble_linear";

/**
 * LinearBatchEnsemble of the package tabm: y[i] = ((x[i] ∘ r[i]) Wᵀ) ∘ s[i] + b[i], with weight [units, in] shared by the members, r
 * [members, in], s [members, units] and bias [members, units]. [members, in], or [in] for all members, becomes [members, units].
 * Weight and bias start uniform over ±1/√in, the bias of all members alike.
 */
export const batchEnsembleLinear: LayerType<BatchEnsembleLinearSpec> = {
  outputShape({ members = MEMBERS, units }, inputShape) {
    const isShared = inputShape.length === 1;
    if (!isShared && !(inputShape.length === 2 && inputShape[0] === members))
      throw new GraphError(`${TYPE} of ${members} members takes [in] or [${members}, in], not ${shapeText(inputShape)}`);
    return [members, unitsOf(TYPE, units)];
  },
  tensors(spec, inputShape) {
    const { members = MEMBERS, bias = true, scaling_init } = spec;
    const [width, out] = [inputShape.at(-1) as number, unitsOf(TYPE, spec.units)];
    const scaling = scaling_init ?? (inputShape.length === 1 ? "random_signs" : "ones");
    const tensor = (name: string, shape: Shape, initialise: Initialise) => ({ name, shape, initialise, trainable: true });
    const tensors = [
      tensor("weight", [out, width], uniformRoot([out, width], width)),
      tensor("r", [members, width], SCALINGS[scaling]([members, width])),
      tensor("s", [members, out], SCALINGS.ones([members, out])),
    ];
    return bias ? [...tensors, tensor("bias", [members, out], alike(members, uniformRoot([out], width)))] : tensors;
  },
  multiplyAdds: ({ members = MEMBERS, units }, inputShape) => members * (inputShape.at(-1) as number) * unitsOf(TYPE, units),
  forward(x, { bias = true }, { tensor }) {
    const [weight, r, s] = [tensor("weight"), tensor("r"), tensor("s")];
    const [members, width] = r.shape as [number, number];
    const rows = x.shape[0] as number;
    const scaled = mul(x.shape.length === 2 ? reshape(x, [rows, 1, width]) : x, r);
    const product = matmul(reshape(scaled, [rows * members, width]), weight, { transposeB: true });
    const output = mul(reshape(product, [rows, members, weight.shape[0] as number]), s);
    return bias ? add(output, tensor("bias")) : output;
  },
};

/** init_scaling_ of the package tabm. */
const SCALINGS: Readonly<Record<ScalingInit, (shape: Shape) => Initialise>> = {
  ones: (shape) => initialiser("ones", shape, "ones"),
  normal: (shape) => initialiser("normal", shape, "normal"),
  random_signs: (shape) => (random) => Float64Array.from({ length: sizeOf(shape) }, () => (random.uniform() < 0.5 ? -1 : 1)),
};

/** The values of one member for all of them. */
const alike =
  (members: number, initialise: Initialise): Initialise =>
  (random) => {
    const own = initialise(random);
    return Float64Array.from({ length: members * own.length }, (_, index) => own[index % own.length] as number);
  };

export interface MeanMembersSpec {
  readonly type: "mean_members";
}

/** The mean of the outputs of members: [members, ...rest] becomes [...rest]. */
export const meanMembers: LayerType<MeanMembersSpec> = {
  outputShape(_, inputShape) {
    if (inputShape.length < 2)
      throw new GraphError(
        `mean_members takes [members, ...], not ${shapeText(inputShape)}: put a batch_ensemble_linear before it`,
      );
    return inputShape.slice(1);
  },
  forward: (x) => mean(x, [1]),
};
