/**
 * The ensemble layer: the weighted sum of the outputs of stacks of layers that all take its input. Its tensors are those of
 * PyTorch's `members = ModuleList([Sequential(...), ...])`: "members.3.1.weight".
 */
import { add, GraphError, mul, type Shape, sameShape } from "../../graph.ts";
import type { SimpleLayerSpec } from "../layers.ts";
import { LayerError } from "../network.ts";
import { type BuildNetwork, innerStack } from "./inner.ts";
import { type LayerType, shapeText } from "./layer.ts";
import type { ResidualSpec } from "./residual.ts";

/** A layer of a member: any that holds no ensemble. */
export type MemberLayerSpec = SimpleLayerSpec | ResidualSpec;

export interface EnsembleSpec {
  readonly type: "ensemble";
  readonly members: readonly {
    /** The factor of the member's output; default 1 / number of members. */
    readonly weight?: number | undefined;
    readonly layers: readonly MemberLayerSpec[];
  }[];
}

/**
 * Σ weight · member(x), added up in the order of the members: the prediction of an ensemble, such as that of Caruana et al.,
 * "Ensemble selection from libraries of models", 2004. The weights are part of the spec and are not trained. `networkOf` builds the
 * network of a member. outputShape throws a LayerError unless all members have outputs of one shape.
 */
export function ensemble(networkOf: BuildNetwork<MemberLayerSpec>): LayerType<EnsembleSpec> {
  const stacksOf = ({ members }: EnsembleSpec, inputShape: Shape) =>
    members.map(({ layers }, index) =>
      innerStack(`members.${index}`, ["members", index, "layers"], () => networkOf(layers, inputShape)),
    );
  return {
    outputShape(spec, inputShape) {
      const shapes = stacksOf(spec, inputShape).map(({ outputShape }) => outputShape);
      const [first] = shapes;
      if (!first) throw new GraphError("ensemble needs at least one member");
      const other = shapes.findIndex((shape) => !sameShape(shape, first));
      if (other < 0) return first;
      const detail = `gives ${shapeText(shapes[other] as Shape)} for a row where member 0 gives ${shapeText(first)}: the outputs of members are added up`;
      throw new LayerError(["members", other], detail);
    },
    tensors: (spec, inputShape) => stacksOf(spec, inputShape).flatMap(({ tensors }) => tensors),
    draws: (spec, inputShape) => stacksOf(spec, inputShape).flatMap(({ draws }) => draws),
    multiplyAdds: (spec, inputShape) => stacksOf(spec, inputShape).reduce((total, { multiplyAdds }) => total + multiplyAdds, 0),
    forward: (x, spec, context) =>
      stacksOf(spec, x.shape.slice(1))
        .map((stack, index) => mul(stack.forward(x, context), spec.members[index]?.weight ?? 1 / spec.members.length))
        .reduce((total, output) => add(total, output)),
  };
}
