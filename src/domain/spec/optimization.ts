/** How a network learns: losses, optimisers, learning-rate schedules and gradient clipping, as a request names them. PyTorch's names and defaults. */
import { z } from "zod";
import { quantiles } from "../quantiles.ts";
import { float32 } from "./numbers.ts";

const hasWeight = (weights: readonly number[]): boolean => weights.some((weight) => weight > 0);
const NO_WEIGHT = "must have a weight above 0, or no row would count";

export const loss = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("mse") }),
    z.strictObject({ type: z.literal("l1") }),
    z.strictObject({ type: z.literal("huber"), delta: float32.positive().default(1) }),
    z
      .strictObject({ type: z.literal("pinball"), quantiles: quantiles.default([0.05, 0.5, 0.95]) })
      .meta({ description: "The network has an output for each quantile of its one target, and predictions name them." }),
    z.strictObject({ type: z.literal("bce") }),
    z.strictObject({
      type: z.literal("bce_with_logits"),
      pos_weight: z.union([float32.positive(), z.literal("balanced")]).default(1),
    }),
    z.strictObject({
      type: z.literal("cross_entropy"),
      weight: z
        .union([z.array(float32.nonnegative()).min(2).refine(hasWeight, NO_WEIGHT), z.literal("balanced")])
        .nullable()
        .default(null)
        .meta({
          description:
            "One weight for each class, in class order; balanced: the rarer a class among the training rows, the greater its weight.",
        }),
      label_smoothing: z.number().min(0).max(1).default(0),
    }),
  ])
  .meta({ id: "Loss", description: "Training minimises the mean of the loss over the rows of a batch." });

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
    z.strictObject({
      type: z.literal("adadelta"),
      lr: lr(1),
      rho: z.number().min(0).max(1).default(0.9),
      eps: eps(1e-6),
      weight_decay: weightDecay(0),
    }),
    z.strictObject({
      type: z.literal("nadam"),
      lr: lr(2e-3),
      betas,
      eps: eps(1e-8),
      weight_decay: weightDecay(0),
      momentum_decay: z.number().nonnegative().default(4e-3),
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
const etaMin = z.number().nonnegative().default(0);
const factor = z.number().min(0).max(1);
const milestones = z.array(epochCount).min(1).max(1000);

/** Schedules that are a function of the epoch and the optimiser's rate: any of them can be a part of `sequential`. */
const rateSchedule = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("step_lr"), step_size: epochCount, gamma: z.number().default(0.1) }),
    z.strictObject({
      type: z.literal("multi_step_lr"),
      milestones,
      gamma: z.number().default(0.1),
    }),
    z.strictObject({ type: z.literal("exponential_lr"), gamma: z.number() }),
    z.strictObject({ type: z.literal("cosine_annealing_lr"), t_max: epochCount, eta_min: etaMin }),
    z.strictObject({
      type: z.literal("cosine_annealing_warm_restarts"),
      t_0: epochCount,
      t_mult: z.int().min(1).default(1),
      eta_min: etaMin,
    }),
    z.strictObject({
      type: z.literal("linear_lr"),
      start_factor: factor.gt(0).default(1 / 3),
      end_factor: factor.default(1),
      total_iters: epochCount.default(5),
    }),
    z.strictObject({ type: z.literal("constant_lr"), factor: factor.default(1 / 3), total_iters: epochCount.default(5) }),
    z.strictObject({
      type: z.literal("polynomial_lr"),
      total_iters: epochCount.default(5),
      power: z.number().nonnegative().default(1),
    }),
  ])
  .meta({ id: "RateSchedule" });

/** Stepped once after every epoch, as torch.optim.lr_scheduler. */
export const scheduler = z
  .discriminatedUnion("type", [
    rateSchedule,
    z
      .strictObject({
        type: z.literal("one_cycle_lr"),
        max_lr: z.number().positive().max(1e6),
        total_steps: z.int().min(2).meta({ description: "Epochs of the cycle; after it the rate does not change." }),
        pct_start: z.number().gt(0).lt(1).default(0.3),
        div_factor: z.number().positive().default(25),
        final_div_factor: z.number().positive().default(1e4),
      })
      .meta({ description: "The optimiser's own lr is not used, and momentum is not cycled." }),
    z.strictObject({ type: z.literal("sequential"), schedules: z.array(rateSchedule).min(2).max(100), milestones }).meta({
      description:
        "PyTorch's SequentialLR: at each milestone (an epoch), the next schedule begins. For a warm-up, use linear_lr and then another.",
    }),
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
  .superRefine((value, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
    if (value.type === "one_cycle_lr" && value.pct_start * value.total_steps <= 1)
      refuse("pct_start", "leaves no epoch to rise: pct_start times total_steps must be more than 1");
    if (value.type !== "sequential") return;
    if (value.milestones.length !== value.schedules.length - 1)
      refuse(
        "milestones",
        `must be ${value.schedules.length - 1} for ${value.schedules.length} schedules, one fewer than schedules`,
      );
    if (value.milestones.some((milestone, index) => index > 0 && milestone <= (value.milestones[index - 1] as number)))
      refuse("milestones", "must rise");
  })
  .meta({
    id: "Scheduler",
    examples: [
      {
        type: "sequential",
        schedules: [
          { type: "linear_lr", start_factor: 0.1, total_iters: 5 },
          { type: "cosine_annealing_lr", t_max: 95 },
        ],
        milestones: [5],
      },
    ],
  });

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
