/** The schema of what replaying a diverged job has shown. */
import { z } from "zod";
import { FAILURE_KINDS, STEP_PARTS } from "../../domain/jobs/divergence.ts";
import { wireNumber } from "./wire-number.ts";

const failedOperation = z
  .object({
    operation: z.string().meta({ description: "A primitive of the engine: mul, div, exp, matmul, sum ..." }),
    part: z.enum(STEP_PARTS).meta({ description: "The part of the training step." }),
    layer: z.string().nullable().meta({
      description: 'Its path, such as "1" or "1.layers.0"; null in the loss, in clipping and in an update.',
    }),
    parameter: z.string().nullable().meta({ description: 'The one that is updated, such as "0.weight"; else null.' }),
    type: z.string().nullable().meta({ description: "Type of the layer, loss or optimiser." }),
    kind: z.enum(FAILURE_KINDS).meta({
      description:
        "overflow: float64 has a finite result, beyond float32. undefined: float64 has none either, as of 0 / 0. rounding: float32 had rounded an operand.",
    }),
    epoch: z.int().meta({ description: "Counted from 1." }),
    step: z.int().meta({ description: "Optimiser step of the whole run, counted from 1." }),
    elements: z.int().meta({ description: "Numbers in its result that are not finite." }),
    rows: z.array(z.int()).meta({
      description: "Up to five rows of the data that they belong to, from 0; of a sum over rows, those of the greatest terms.",
    }),
    operands: z.array(wireNumber).meta({
      description: "The operands of the first of them; for a sum or a matrix product, the greatest terms.",
    }),
    result: wireNumber.meta({ description: "In float32." }),
    float64: wireNumber.meta({ description: "The result of the same step in float64." }),
  })
  .meta({ id: "FailedOperation", description: "The first operation whose result was not finite though its operands were." });

const rateTrials = z
  .object({
    tried: z.array(z.number()).meta({ description: "Learning rates, the greatest first." }),
    survives: z.number().nullable().meta({
      description: "The largest with which losses stay finite and do not end above where they begin; null if none does.",
    }),
    from_epoch: z.int().meta({ description: "Epochs before the first that was trained." }),
    to_epoch: z.int(),
  })
  .meta({ id: "RateTrials" });

export const divergence = z
  .object({
    first: failedOperation.nullable().meta({
      description: "Null where a step is too large to be replayed by operations, or too far from the last good state.",
    }),
    learning_rate: rateTrials.nullable().meta({
      description: "Null where the first step failed before it updated anything, and where a try would take too long.",
    }),
  })
  .meta({ id: "Divergence", description: "What a replay from the last good state of a diverged job has shown." });
