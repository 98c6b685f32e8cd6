/**
 * One training of a playground: its memory, its epochs, and the model as a picture. With the same setup and learning rates it is
 * the same to the bit, however its epochs are grouped into frames. Runs in the worker.
 */
import { createRandom, streamKey } from "../../engine/index.ts";
import type { Field } from "../plots/field.ts";
import { spaced } from "../plots/scale.ts";
import type { EpochSeries, Frame, PlaygroundPoint, TrainerSetup } from "./messages.ts";
import { compilePrograms, type Programs, scalarFeed, sharesOf, writeSlots } from "./programs.ts";
import { type PartRows, type PlaygroundRows, rowsOf, scaled } from "./rows.ts";

/** Points of the picture along each side. */
const GRID = 48;
/** Smaller probabilities count as this one. */
const MIN_PROBABILITY = 1e-7;

export interface Session {
  readonly points: readonly PlaygroundPoint[];
  readonly classes: readonly string[];
  /** Number of weights and biases. */
  readonly parameters: number;
  /** Trains `epochs` more, or fewer if `isOver` says so after one; null: only shows the current model. */
  advance(request: { readonly epochs: number; readonly lr: number; readonly isOver: () => boolean } | null): Frame;
}

/** Creates a training at its initial weights. Throws a GraphError for layers that do not fit together. */
export function createSession(setup: TrainerSetup): Session {
  const rows = rowsOf(setup);
  const programs = compilePrograms(setup, rows, GRID * GRID);
  const { executable, network } = programs;
  for (const [name, part] of [
    ["train", rows.train],
    ["validation", rows.validation],
  ] as const) {
    if (part.rows === 0) continue;
    executable.write(`${name}.features`, part.features);
    executable.write(`${name}.targets`, part.targets);
  }
  executable.write("grid.features", gridOf(rows));
  for (const { name, initialise } of network.tensors) {
    const values = initialise(createRandom(streamKey(setup.seed, `init/${name}`)));
    executable.write(name, values);
    writeSlots(programs, name, values.length);
  }
  const runEpoch = createEpochRunner(programs, rows.train.rows, setup.seed);
  let epoch = 0;
  let diverged = false;
  return {
    points: rows.points,
    classes: rows.classes,
    parameters: network.parameters.reduce((total, { shape }) => total + shape.reduce((size, side) => size * side, 1), 0),
    advance(request) {
      const [epochs, losses, valLosses]: [number[], number[], number[]] = [[], [], []];
      while (request && !diverged && epochs.length < request.epochs) {
        epoch += 1;
        const loss = runEpoch(epoch, request.lr);
        diverged = !Number.isFinite(loss);
        epochs.push(epoch);
        losses.push(loss);
        valLosses.push(lossOf(programs, "validation", rows.validation));
        if (request.isOver()) break;
      }
      return {
        epoch,
        series: seriesOf(epochs, losses, valLosses),
        scores: {
          train: scoreOf(programs, "train", rows.train, rows.classes.length),
          validation: scoreOf(programs, "validation", rows.validation, rows.classes.length),
        },
        field: fieldOf(programs, rows),
        diverged,
      };
    },
  };
}

const seriesOf = (epochs: number[], loss: number[], valLoss: number[]): EpochSeries => ({
  epochs: Float64Array.from(epochs),
  loss: Float64Array.from(loss),
  valLoss: Float64Array.from(valLoss),
});

/** Returns a function that runs an epoch, counted from 1, and returns its loss: the mean over its rows, as each batch had it. */
function createEpochRunner(programs: Programs, rows: number, seed: number): (epoch: number, lr: number) => number {
  const { executable, optimizer, batch, tail, stepsPerEpoch } = programs;
  const names = tail > 0 ? ["train", "tail"] : ["train"];
  const feeds = new Map(
    names.map((name) => [
      name,
      {
        rows: executable.feed(name, "rows"),
        scalars: Object.entries(optimizer.scalars).map(([scalar, of]) => ({ of, table: scalarFeed(programs, name, scalar) })),
        loss: executable.result(name, "loss"),
      },
    ]),
  );
  const mostSteps = (feeds.get("train")?.loss.length ?? 1) as number;
  let done = 0;
  const call = (name: string, size: number, steps: number, lr: number, order: Int32Array, start: number): number => {
    const feed = feeds.get(name) as NonNullable<ReturnType<typeof feeds.get>>;
    feed.rows.set(order.subarray(start, start + steps * size));
    for (let index = 0; index < steps; index++) {
      done += 1;
      for (const { of, table } of feed.scalars) table[index] = of(done, lr);
    }
    executable.run(name, steps);
    let sum = 0;
    for (let index = 0; index < steps; index++) sum += (feed.loss[index] as number) * size;
    return sum;
  };
  return (epoch, lr) => {
    const order = createRandom(streamKey(seed, `shuffle/${epoch}`)).permutation(rows);
    const whole = stepsPerEpoch - (tail > 0 ? 1 : 0);
    let sum = 0;
    for (let first = 0; first < whole; first += mostSteps) {
      sum += call("train", batch, Math.min(mostSteps, whole - first), lr, order, first * batch);
    }
    if (tail > 0) sum += call("tail", tail, 1, lr, order, whole * batch);
    return sum / rows;
  };
}

function lossOf({ executable }: Programs, name: string, { rows }: PartRows): number {
  if (rows === 0) return Number.NaN;
  executable.run(`${name}_part`, 1);
  return executable.result(`${name}_part`, "loss")[0] as number;
}

/** The share of right answers, or R² of a regression; null without rows. */
function scoreOf({ executable }: Programs, name: string, { rows, targets }: PartRows, classes: number): number | null {
  if (rows === 0) return null;
  executable.run(`${name}_part`, 1);
  const output = executable.result(`${name}_part`, "output");
  const width = output.length / executable.result(`${name}_part`, "loss").length / rows;
  return classes === 0 ? r2Of(output, targets) : accuracyOf(output, targets, width);
}

function accuracyOf(output: ArrayLike<number>, targets: Float32Array, width: number): number {
  let right = 0;
  for (let row = 0; row < targets.length; row++) {
    let best = width === 1 ? Number((output[row] as number) > 0) : 0;
    for (let at = 1; at < width; at++) {
      if ((output[row * width + at] as number) > (output[row * width + best] as number)) best = at;
    }
    if (best === targets[row]) right++;
  }
  return right / targets.length;
}

function r2Of(output: ArrayLike<number>, targets: Float32Array): number {
  const mean = targets.reduce((sum, value) => sum + value, 0) / targets.length;
  let [left, total] = [0, 0];
  targets.forEach((value, row) => {
    left += (value - (output[row] as number)) ** 2;
    total += (value - mean) ** 2;
  });
  return total > 0 ? 1 - left / total : 0;
}

/** The points of the picture as features, the first row at the smallest y. */
function gridOf({ x, y, scalings: [ofX, ofY] }: PlaygroundRows): Float32Array {
  const features = new Float32Array(GRID * GRID * 2);
  const xs = spaced(x, GRID).map((value) => scaled(value, ofX));
  spaced(y, GRID).forEach((value, row) => {
    const up = scaled(value, ofY);
    for (let column = 0; column < GRID; column++) features.set([xs[column] as number, up], 2 * (row * GRID + column));
  });
  return features;
}

function fieldOf({ executable }: Programs, { classes, scalings: [, , ofTarget] }: PlaygroundRows): Field {
  executable.run("grid", 1);
  const output = executable.result("grid", "output");
  const cells = GRID * GRID;
  if (classes.length === 0) {
    const plane = Float64Array.from(
      { length: cells },
      (_, cell) => (output[cell] as number) * ofTarget.scale + ofTarget.offset,
    );
    return { kind: "value", size: GRID, plane };
  }
  const width = classes.length > 2 ? classes.length : 1;
  const planes = classes.map(() => new Float64Array(cells));
  for (let cell = 0; cell < cells; cell++) {
    sharesOf(output.subarray(cell * width, (cell + 1) * width)).forEach((share, index) => {
      (planes[index] as Float64Array)[cell] = Math.log(Math.max(MIN_PROBABILITY, share));
    });
  }
  return { kind: "classes", size: GRID, labels: classes, planes };
}
