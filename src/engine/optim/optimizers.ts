/** The table of optimisers. A new one is one file here and one line in each of the two lists. */
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

/** An optimiser as the API names it, with PyTorch's options and defaults. The learning rate is no part of it: it comes with each step. */
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

/** The optimiser that a spec names. */
export function createOptimizer(spec: OptimizerSpec): Optimizer {
  return (optimizers[spec.type] as (spec: OptimizerSpec) => Optimizer)(spec);
}
