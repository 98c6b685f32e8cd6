/** Trainings that fail, each with a fault that was planted, and the operation where it must show first. */

import type { FailedOperation } from "../../../src/domain/jobs/divergence.ts";
import { generate } from "../../../src/training/data/generate.ts";

export interface Planted {
  readonly name: string;
  readonly spec: object;
  /** Whether a smaller learning rate would have done. */
  readonly isRateToBlame?: boolean;
  /** What follows from the fault by the formulas of the layers, losses and optimisers. */
  readonly first: Partial<FailedOperation>;
}

const linear = (units?: number, weight?: unknown, bias: unknown = "zeros") => ({
  type: "linear",
  ...(units !== undefined && { units }),
  ...(weight !== undefined && { init: { weight, bias } }),
});
const constant = (value: number) => ({ type: "constant", value });
const inline = (features: number[][], targets: unknown[]) => ({ inline: { features, targets } });
const LINE = { type: "linear", samples: 64, slope: 3, intercept: 2, low: 0, high: 10, noise: 2, seed: 0 } as const;
const line = { generator: LINE };
const moons = { generator: { type: "moons", samples: 64 } };
const sgd = (lr: number, rest: object = {}) => ({ type: "sgd", lr, ...rest });
const job = (data: object, layers: object[], rest: object) => ({ data, model: { layers }, epochs: 200, ...rest });
const regression = (data: object, layers: object[], rest: object) => job(data, layers, { task: "regression", ...rest });

/** The second column is 0 in all rows, so that its weights have gradients of 0. */
const dead = inline([[1, 0], [2, 0], [3, 0], [4, 0]], [1, 2, 3, 5]); // biome-ignore format: rows
const ones = inline([[1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1]], [1, 2]); // biome-ignore format: rows
const cell = (value: number) => inline([[1], [2], [value], [4]], [1, 2, 3, 5]);
const overflow = { kind: "overflow", result: "Infinity" } as const;
const squaredLoss = { operation: "mul", part: "loss", layer: null, type: "mse", ...overflow } as const;
const zeroByZero = {
  operation: "div",
  part: "update",
  parameter: "0.weight",
  kind: "undefined",
  result: "NaN",
  step: 1,
} as const;

/** Adds its 80 copies of itself each time: the block whose product exceeds float32 follows from 81^k. */
const exploding = (blocks: number) =>
  Array.from({ length: blocks }, () => ({ type: "residual", layers: [linear(8, constant(10))] }));
const LARGEST = (2 - 2 ** -23) * 2 ** 127;
const firstTooLarge = Math.ceil(Math.log(LARGEST / 80) / Math.log(81));

/** Gradient descent of y = w x + b from 0 by the formulas of the mean squared error: which epoch overflows, and whether its sum does. */
function descend(rate: (epoch: number) => number, momentum: number): { epoch: number; operation: "mul" | "sum" } {
  const { features, targets, rows } = generate(LINE);
  let [w, b, speedOfW, speedOfB] = [0, 0, 0, 0];
  for (let epoch = 1; ; epoch++) {
    const residuals = Array.from(targets, (y, row) => w * (features[row] as number) + b - y);
    const squares = residuals.map((residual) => residual * residual);
    if (Math.max(...squares) > LARGEST) return { epoch, operation: "mul" };
    if (squares.reduce((total, square) => total + square) > LARGEST) return { epoch, operation: "sum" };
    const slope = (factor: (row: number) => number) =>
      residuals.reduce((total, residual, row) => total + (2 * residual * factor(row)) / rows, 0);
    speedOfW = momentum * speedOfW + slope((row) => features[row] as number);
    speedOfB = momentum * speedOfB + slope(() => 1);
    w -= rate(epoch) * speedOfW;
    b -= rate(epoch) * speedOfB;
  }
}

const descending = (name: string, rest: object, rate: (epoch: number) => number, momentum = 0): Planted => {
  const { epoch, operation } = descend(rate, momentum);
  const spec = regression(line, [linear(undefined, "zeros")], rest);
  // A rate that grows tenfold with each epoch becomes too large from any start.
  return { name, spec, isRateToBlame: !("scheduler" in rest), first: { ...squaredLoss, operation, epoch, step: epoch } };
};

const withEps0 = (type: string, options: object = {}) => ({
  name: `${type} with eps 0, where a column is 0`,
  spec: regression(dead, [linear()], { optimizer: { type, eps: 0, ...options } }),
  first: { ...zeroByZero, type },
});

export const PLANTED: readonly Planted[] = [
  descending("a learning rate of 10", { optimizer: sgd(10) }, () => 10),
  descending("a learning rate of 0.1, of rows up to 10", { optimizer: sgd(0.1) }, () => 0.1),
  descending("a learning rate of 1 with momentum", { optimizer: sgd(1, { momentum: 0.9 }) }, () => 1, 0.9),
  descending(
    "a schedule that multiplies the rate by 10",
    { optimizer: sgd(1e-3), scheduler: { type: "exponential_lr", gamma: 10 } },
    (epoch) => 1e-3 * 10 ** (epoch - 1),
  ),
  {
    name: "a learning rate of 1 in mini-batches",
    spec: regression(line, [linear()], { optimizer: sgd(1), batch_size: 10 }),
    isRateToBlame: true,
    first: squaredLoss,
  },
  {
    name: "a cell of 1e30",
    spec: regression(cell(1e30), [linear(undefined, constant(1))], { optimizer: sgd(0.01) }),
    first: { ...squaredLoss, step: 1, rows: [2], elements: 1, operands: [1e30, 1e30].map(Math.fround) },
  },
  {
    name: "a target of 1e30",
    spec: regression(inline([[1], [2], [3]], [1, -1e30, 3]), [linear()], { optimizer: sgd(0.01) }),
    first: { ...squaredLoss, step: 1, rows: [1], elements: 1 },
  },
  {
    name: "cells of 1e30 in rows that a validation part moves",
    spec: regression(inline([[1], [1e30], [2], [1e30], [4], [5]], [1, 2, 3, 4, 5, 6]), [linear(undefined, constant(1))], {
      split: { validation: 0.34 },
      optimizer: sgd(0.01),
    }),
    first: { ...squaredLoss, step: 1 },
  },
  {
    name: "a cell of 1e38 before weights of 10",
    spec: regression(cell(1e38), [linear(2, constant(10)), linear(undefined, constant(0))], {}),
    first: { operation: "matmul", part: "forward", layer: "0", type: "linear", step: 1, rows: [2], ...overflow },
  },
  {
    name: "a cell of 1e20 with l1, whose first update makes the weight 1e19",
    spec: regression(cell(1e20), [linear(undefined, constant(0))], { loss: { type: "l1" }, optimizer: sgd(1) }),
    first: { operation: "matmul", part: "forward", layer: "0", step: 2, rows: [2], kind: "overflow" },
  },
  {
    name: "residuals whose squares fit and whose sum does not",
    spec: regression(
      inline(
        [...Array(10)].map(() => [0]),
        [...Array(10)].map(() => 1e19),
      ),
      [linear()],
      {},
    ),
    first: { ...squaredLoss, operation: "sum", step: 1 },
  },
  withEps0("adam", { lr: 0.01 }),
  withEps0("adamw", { lr: 0.01 }),
  withEps0("nadam", { lr: 0.01 }),
  withEps0("rmsprop"),
  withEps0("adagrad"),
  withEps0("adadelta"),
  {
    name: "batch_norm with eps 0 over a constant column",
    spec: regression(dead, [{ type: "batch_norm", eps: 0 }, linear()], {}),
    first: { operation: "rsqrt", part: "forward", layer: "0", type: "batch_norm", kind: "undefined", step: 1, operands: [0] },
  },
  {
    name: "layer_norm with eps 0 over equal values",
    spec: regression(dead, [linear(4, "zeros"), { type: "layer_norm", eps: 0 }, linear()], {}),
    first: {
      operation: "rsqrt",
      part: "forward",
      layer: "1",
      type: "layer_norm",
      kind: "undefined",
      step: 1,
      rows: [0, 1, 2, 3],
    },
  },
  {
    name: "layer_norm with eps 0 within a residual layer",
    spec: regression(dead, [{ type: "residual", layers: [linear(2, "zeros"), { type: "layer_norm", eps: 0 }] }, linear()], {}),
    first: { operation: "rsqrt", part: "forward", layer: "0.layers.1", type: "layer_norm", kind: "undefined", step: 1 },
  },
  {
    name: "a stack of residual layers that grows 81-fold in each",
    spec: regression(ones, [...exploding(30), linear()], {}),
    first: { operation: "matmul", part: "forward", layer: `${firstTooLarge}.layers.0`, step: 1, rows: [0, 1], ...overflow },
  },
  {
    name: "such a stack behind a linear layer, in batches of a row",
    spec: regression(ones, [linear(8, constant(1 / 8)), ...exploding(30), linear()], { batch_size: 1 }),
    first: { operation: "matmul", part: "forward", layer: `${firstTooLarge + 1}.layers.0`, step: 1, ...overflow },
  },
  {
    name: "gradients through weights of 1e20, of rows that are 0",
    spec: regression(
      inline([[0], [0]], [1, 2]),
      [linear(1, constant(1e20)), linear(1, constant(1e20)), linear(undefined, constant(1e20))],
      {},
    ),
    first: { operation: "matmul", part: "gradient", layer: "1", type: "linear", step: 1, kind: "overflow" },
  },
  {
    name: "weights of 1e38",
    spec: regression(line, [linear(4, constant(1e38)), linear()], {}),
    first: { operation: "matmul", part: "forward", layer: "0", type: "linear", step: 1, ...overflow },
  },
  {
    name: "weights of 1e20 in two layers",
    spec: regression(line, [linear(4, constant(1e20)), linear(undefined, constant(1e20))], {}),
    first: { operation: "matmul", part: "forward", layer: "1", type: "linear", step: 1, ...overflow },
  },
  {
    name: "weights of 1e20 before a relu and weights of 1e20",
    spec: job(moons, [linear(4, constant(1e20)), { type: "relu" }, linear(undefined, constant(1e20))], {}),
    first: { operation: "matmul", part: "forward", layer: "2", type: "linear", step: 1, ...overflow },
  },
  {
    name: "a gelu of 1e20, whose infinity its tanh hides and its gradient does not",
    spec: regression(
      inline([[1], [1]], [1, 2]),
      [linear(1, constant(1e20)), { type: "gelu", approximate: "tanh" }, linear(undefined, constant(1e-20))],
      {},
    ),
    first: { operation: "mul", part: "forward", layer: "1", type: "gelu", step: 1, kind: "overflow" },
  },
  {
    name: "a leaky_relu with a slope of 1e38",
    spec: regression(
      inline([[-10], [1]], [1, 2]),
      [linear(1, constant(1)), { type: "leaky_relu", negative_slope: 1e38 }, linear()],
      {},
    ),
    first: { operation: "mul", part: "forward", layer: "1", type: "leaky_relu", step: 1, rows: [0], kind: "overflow" },
  },
  {
    name: "frequencies of 1e38",
    spec: regression(line, [{ type: "periodic", frequencies: 2, sigma: 1e38 }, { type: "flatten" }, linear()], {}),
    first: { operation: "mul", part: "forward", layer: "0", type: "periodic", step: 1, kind: "overflow" },
  },
  {
    name: "a batch_norm of 1e20, whose running variance overflows",
    spec: regression(inline([[1e20], [-1e20], [1e20]], [1, 2, 3]), [{ type: "batch_norm" }, linear()], {}),
    first: { operation: "mul", part: "forward", layer: "0", type: "batch_norm", step: 1, kind: "overflow" },
  },
  {
    name: "a pos_weight of 1e38 on a logit of -100",
    spec: job(inline([[1], [-1]], [1, 0]), [linear(undefined, constant(-100))], {
      loss: { type: "bce_with_logits", pos_weight: 1e38 },
    }),
    first: { operation: "mul", part: "loss", type: "bce_with_logits", step: 1, rows: [0], kind: "overflow" },
  },
  {
    name: "class weights of 1e38 on a confident error",
    spec: job(inline([[1], [1], [1]], [0, 1, 2]), [linear(3, { type: "uniform", a: -1e3, b: 1e3 })], {
      loss: { type: "cross_entropy", weight: [1e38, 1e38, 1e38] },
    }),
    first: { operation: "mul", part: "loss", type: "cross_entropy", step: 1, kind: "overflow" },
  },
  {
    name: "a weight decay of 1e6 where nothing else moves the weight",
    spec: regression(inline([[0], [0]], [1, 2]), [{ ...linear(undefined, constant(1)), bias: false }], {
      optimizer: sgd(1, { weight_decay: 1e6 }),
    }),
    first: { operation: "mul", part: "update", parameter: "0.weight", type: "sgd", step: 7, kind: "overflow" },
  },
  {
    name: "a convolution with weights of 1e38",
    spec: regression(
      inline([[1, 2, 3, 4], [4, 3, 2, 1]], [1, 2]), // biome-ignore format: rows
      [
        { type: "reshape", shape: [1, 4] },
        { type: "conv1d", out_channels: 1, kernel_size: 2, init: { weight: constant(1e38), bias: "zeros" } },
        { type: "flatten" },
        linear(),
      ],
      {},
    ),
    first: { part: "forward", layer: "1", type: "conv1d", step: 1, ...overflow },
  },
];
