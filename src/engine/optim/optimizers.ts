/** The table of optimisers. To add one, add a file here and a line to each of the two lists. */
import { type AdadeltaSpec, adadelta } from "./adadelta.ts";
import { type AdagradSpec, adagrad } from "./adagrad.ts";
import { type AdamSpec, type AdamWSpec, adam, adamw } from "./adam.ts";
import { type NAdamSpec, nadam } from "./nadam.ts";
import type { Optimizer } from "./optimizer.ts";
import { type RmspropSpec, rmsprop } from "./rmsprop.ts";
import { type SgdSpec, sgd } from "./sgd.ts";

interface OptimizerSpecs {
  readonly sgd: SgdSpec;
  readonly adam: AdamSpec;
  readonly adamw: AdamWSpec;
  readonly nadam: NAdamSpec;
  readonly rmsprop: RmspropSpec;
  readonly adagrad: AdagradSpec;
  readonly adadelta: AdadeltaSpec;
}

/** An optimiser as the API names it, with PyTorch's options and defaults, except the learning rate, which is passed to each step. */
export type OptimizerSpec = OptimizerSpecs[keyof OptimizerSpecs];

const optimizers: { readonly [Type in keyof OptimizerSpecs]: (spec: OptimizerSpecs[Type]) => Optimizer } = {
  sgd,
  adam,
  adamw,
  nadam,
  rmsprop,
  adagrad,
  adadelta,
};

/** Creates the optimiser of a spec. */
export function createOptimizer(spec: OptimizerSpec): Optimizer {
  return (optimizers[spec.type] as (spec: OptimizerSpec) => Optimizer)(spec);
}
