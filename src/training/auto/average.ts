/**
 * The weighted average that a search serves: one network whose first and only layer is an `ensemble` of the networks of the selected
 * candidates, one for each fold.
 */
import type { Layer } from "../../domain/spec/layers.ts";
import { packTensors, type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { servedLayersOf } from "./candidates.ts";
import { type FeatureKinds, featureView } from "./feature-views.ts";
import type { Candidate } from "./portfolio.ts";
import type { Networks } from "./search-state.ts";

/** A candidate of an average. */
export interface Member {
  readonly candidate: Candidate;
  readonly networks: Networks;
  /** Its share of the average, divided by the temperature. */
  readonly weight: number;
}

/** Returns the layers of an average of the networks of some folds, and their weights by the names of these layers. */
export function averageOf(
  members: readonly Member[],
  folds: readonly number[],
  features: FeatureKinds,
  outputs: number,
): { readonly layers: Layer[]; readonly weights: TensorSet } {
  const networks = members.flatMap(({ candidate, networks, weight }) =>
    folds.map((fold) => ({
      candidate,
      weight: Math.fround(weight / folds.length),
      tensors: networks.weights[fold] as TensorSet,
    })),
  );
  const view = (candidate: Candidate): Layer[] => {
    const taken = featureView(features, candidate);
    return taken.length === features.width ? [] : [{ type: "select", features: taken }];
  };
  const parts = networks.map(({ candidate, weight, tensors }) => {
    const selection = view(candidate);
    return { weight, tensors, shift: selection.length, layers: [...selection, ...servedLayersOf(candidate, outputs)] };
  });
  const layer = { type: "ensemble", members: parts.map(({ weight, layers }) => ({ weight, layers })) } as Layer;
  const tensors = parts.flatMap(({ tensors, shift }, member) => {
    const values = unpackTensors(tensors);
    return tensors.entries.map(({ name, shape }) => ({
      name: `0.members.${member}.${shifted(name, shift)}`,
      shape,
      values: values.get(name) as Float32Array<ArrayBuffer>,
    }));
  });
  return { layers: [layer], weights: packTensors(tensors) };
}

/** "0.weight" behind `shift` more layers: "1.weight". */
function shifted(name: string, shift: number): string {
  const [place, ...rest] = name.split(".");
  return [Number(place) + shift, ...rest].join(".");
}
