/** How a network learns: losses, optimisers, learning-rate schedules and gradient clipping, as a request names them. PyTorch's names and defaults. */
import { z } from "zod";
import { float32 } from "./numbers.ts";

export const loss = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("mse") }),
    z.strictObject({ type: z.literal("l1") }),
    z.strictObject({ type: z.literal("huber"), delta: float32.positive().default(1) }),
    z.strictObject({ type: z.literal("bce") }),
    z.strictObject({ type: z.literal("bce_with_logits"), pos_weight: float32.positive().default(1) }),
    z.strictObject({
      type: z.literal("cross_entropy"),
      weight: z
        .array(float32.nonnegative())
        .min(2)
        .nullable()
        .default(null)
        .meta({ description: "One weight a class, in class order." }),
      label_smoothing: z.number().min(0).max(1).default(0),
    }),
  ])
  .meta({ id: "Loss", description: "The mean of the loss over the rows of a batch is what training makes small." });

const betas = z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.999]);
const lr = (value: number) => z.number().nonnegative().max(1e6).default(value);
const weightDecay = (value: number) => z.number().nonnegative().default(value);
const eps = (value: number) => float32.nonnegative().default(value);

export const optimizer = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("sgd"),
      lr: lr(1e-3),
      momentum: z.number().nonnegative().default(0),
      dampening: z.number().default(0),
      nesterov: z.boolean().default(false),
      weight_decay: weightDecay(0),
    }),
    z.strictObject({
      type: z.literal("adam"),
      lr: lr(1e-3),
      betas,
      eps: eps(1e-8),
      weight_decay: weightDecay(0),
      amsgrad: z.boolean().default(false),
    }),
    z.strictObject({
      type: z.literal("adamw"),
      lr: lr(1e-3),
      betas,
      eps: eps(1e-8),
      weight_decay: weightDecay(1e-2),
      amsgrad: z.boolean().default(false),
    }),
    z.strictObject({
      type: z.literal("rmsprop"),
      lr: lr(1e-2),
      alpha: z.number().min(0).lt(1).default(0.99),
      eps: eps(1e-8),
      weight_decay: weightDecay(0),
      momentum: z.number().nonnegative().default(0),
      centered: z.boolean().default(false),
    }),
    z.strictObject({
      type: z.literal("adagrad"),
      lr: lr(1e-2),
      lr_decay: z.number().nonnegative().default(0),
      weight_decay: weightDecay(0),
      initial_accumulator_value: float32.nonnegative().default(0),
      eps: eps(1e-10),
    }),
  ])
  .superRefine((value, context) => {
    if (value.type === "sgd" && value.nesterov && (value.momentum === 0 || value.dampening !== 0)) {
      context.addIssue({
        code: "custom",
        path: ["nesterov"],
        message: "Nesterov momentum needs a momentum above 0 and a dampening of 0",
      });
    }
  })
  .meta({ id: "Optimizer" });

const epochCount = z.int().min(1);

/** Stepped once after every epoch, as torch.optim.lr_scheduler. */
export const scheduler = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("step_lr"), step_size: epochCount, gamma: z.number().default(0.1) }),
    z.strictObject({
      type: z.literal("multi_step_lr"),
      milestones: z.array(epochCount).min(1).max(1000),
      gamma: z.number().default(0.1),
    }),
    z.strictObject({ type: z.literal("exponential_lr"), gamma: z.number() }),
    z.strictObject({ type: z.literal("cosine_annealing_lr"), t_max: epochCount, eta_min: z.number().default(0) }),
    z.strictObject({
      type: z.literal("reduce_lr_on_plateau"),
      monitor: z
        .enum(["loss", "val_loss"])
        .optional()
        .meta({ description: "val_loss when there is a validation part, else loss." }),
      mode: z.enum(["min", "max"]).default("min"),
      factor: z.number().gt(0).lt(1).default(0.1),
      patience: z.int().nonnegative().default(10),
      threshold: z.number().nonnegative().default(1e-4),
      threshold_mode: z.enum(["rel", "abs"]).default("rel"),
      cooldown: z.int().nonnegative().default(0),
      min_lr: z.number().nonnegative().default(0),
      eps: z.number().nonnegative().default(1e-8),
    }),
  ])
  .meta({ id: "Scheduler" });

export const clipGrad = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("norm"),
      max_norm: float32.positive(),
      norm_type: z.union([float32.positive(), z.literal("inf")]).default(2),
    }),
    z.strictObject({ type: z.literal("value"), clip_value: float32.positive() }),
  ])
  .meta({ id: "ClipGrad", description: "Clipping by the norm of all gradients together, or of each element by value." });

export type Loss = z.output<typeof loss>;
export type Optimizer = z.output<typeof optimizer>;
export type Scheduler = z.output<typeof scheduler>;
export type ClipGrad = z.output<typeof clipGrad>;
