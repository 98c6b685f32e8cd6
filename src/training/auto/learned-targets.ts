/**
 * What a candidate learns instead of the target itself, and what converts its network's outputs to those of the other candidates:
 * logarithms of a regression's values, smoothed classes, and weights that are higher for rarer classes.
 */
import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import type { Layer } from "../../domain/spec/layers.ts";
import type { Loss } from "../../domain/spec/optimization.ts";
import { packTensors, type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { deterministicMath } from "../../engine/index.ts";
import type { Table } from "../data/table.ts";

const { exp, log } = deterministicMath;

/** How a candidate's targets differ from those of its rows. */
export interface Learned {
  /** Whether it learns log(1 + y) of a regression. */
  readonly logarithm: boolean;
  /** Share of each class's probability that is spread over all classes. */
  readonly smoothing: number;
  /** 0: all classes have equal weight; 1: inverse frequency; between: inverse frequency to this power. */
  readonly balance: number;
}

/** How a target column becomes logarithms: those of its values have mean 0 and variance 1, and are at most `most` before that. */
interface LogUnits {
  readonly offset: number;
  readonly scale: number;
  readonly most: number;
}

/** What learned targets depend on: a function of all training rows. */
export interface TargetUnits {
  /** One per target; null without logarithms. */
  readonly logs: readonly LogUnits[] | null;
  /** How targets are scaled for the other candidates. */
  readonly scalings: readonly { readonly offset: number; readonly scale: number }[];
  /** Training rows of each class. */
  readonly counts: readonly number[];
}

/** Returns the units of the targets of the training rows. */
export function targetUnits(train: Table, scalings: readonly (TargetScaling | null)[], classes: number): TargetUnits {
  const { rows, targetWidth: width, targets, actual } = train;
  const counts = new Array<number>(classes).fill(0);
  if (classes > 0) {
    for (const place of targets) counts[place] = (counts[place] as number) + 1;
    return { logs: null, scalings: [], counts };
  }
  const own = Array.from({ length: width }, (_, column) => scalings[column] ?? { offset: 0, scale: 1 });
  const isLearned = scalings.some((scaling) => scaling?.transform === "log");
  const values = actual ?? Float64Array.from(targets);
  if (isLearned || !values.every((value) => value > -1)) return { logs: null, scalings: own, counts };
  const logs = own.map((_, column) => {
    const all = Float64Array.from({ length: rows }, (_, row) => log(1 + (values[row * width + column] as number)));
    const offset = all.reduce((sum, value) => sum + value, 0) / rows;
    const scale = Math.sqrt(all.reduce((sum, value) => sum + (value - offset) ** 2, 0) / rows);
    return { offset, scale: scale > 0 ? scale : 1, most: all.reduce((most, value) => Math.max(most, value)) };
  });
  return { logs, scalings: own, counts };
}

/** The rows with what a candidate learns of them. `isTrained`: whether they are trained on, or only decide when to stop. */
export function learnedRows(table: Table, { logarithm, smoothing }: Learned, units: TargetUnits, isTrained: boolean): Table {
  const { targetWidth: width, targets, actual } = table;
  const { logs, counts } = units;
  if (logarithm && logs) {
    const values = actual ?? targets;
    const learned = Float32Array.from(targets, (_, at) => {
      const { offset, scale } = logs[at % width] as LogUnits;
      return (log(1 + (values[at] as number)) - offset) / scale;
    });
    return { ...table, targets: learned };
  }
  // The loss of two classes takes probabilities as targets; that of more has the option.
  if (smoothing > 0 && counts.length === 2 && isTrained)
    return { ...table, targets: targets.map((target) => target * (1 - smoothing) + smoothing / 2) };
  return table;
}

/** Weights of the classes, 1 on average over the rows. */
function classWeights(balance: number, counts: readonly number[]): number[] {
  const rows = counts.reduce((total, count) => total + count, 0);
  return counts.map((count) => (count > 0 ? exp(balance * log(rows / (counts.length * count))) : 1));
}

/** The loss of the candidate for classes. */
export function lossOfClasses(
  { smoothing, balance }: Learned,
  counts: readonly number[],
): Extract<Loss, { type: "bce_with_logits" | "cross_entropy" }> {
  const weights = classWeights(balance, counts);
  if (counts.length === 2) return { type: "bce_with_logits", pos_weight: (weights[1] as number) / (weights[0] as number) };
  return { type: "cross_entropy", weight: balance > 0 ? weights : null, label_smoothing: smoothing };
}

/** The layers after those of a candidate's network: they undo logarithms, if it learned them. */
export function ownUnitsLayers({ logarithm }: Learned, outputs: number): Layer[] {
  if (!logarithm) return [];
  const linear: Layer = { type: "linear", units: outputs, bias: true };
  return [linear, { type: "elu", alpha: 1 }, linear];
}

/**
 * The weights of a trained network with those of the layers after it. For logarithms, elu is e^x - 1 below the greatest logarithm of the
 * training rows and continues as a straight line above it, so that no prediction is far from every row. For weighted classes, the
 * logarithms of their weights are subtracted from the last bias: the outputs are then logits for the true frequencies of the classes
 * (Elkan, "The foundations of cost-sensitive learning", 2001).
 */
export function inOwnUnits(trained: TensorSet, learned: Learned, units: TargetUnits, layers: number): TensorSet {
  const { logarithm, balance } = learned;
  const { logs, scalings, counts } = units;
  const values = unpackTensors(trained);
  const entries = trained.entries.map(({ name, shape }) => ({
    name,
    shape,
    values: values.get(name) as Float32Array<ArrayBuffer>,
  }));
  if (logarithm && logs) {
    const diagonal = (of: (place: number) => number) =>
      Float32Array.from({ length: logs.length ** 2 }, (_, at) => (at % (logs.length + 1) === 0 ? of(at % logs.length) : 0));
    const vector = (of: (place: number) => number) => Float32Array.from(logs, (_, place) => of(place));
    const log = (place: number) => logs[place] as LogUnits;
    const own = (place: number) => scalings[place] as { offset: number; scale: number };
    const shape = [logs.length, logs.length];
    entries.push(
      { name: `${layers}.weight`, shape, values: diagonal((place) => log(place).scale) },
      { name: `${layers}.bias`, shape: [logs.length], values: vector((place) => log(place).offset - log(place).most) },
      { name: `${layers + 2}.weight`, shape, values: diagonal((place) => exp(log(place).most) / own(place).scale) },
      {
        name: `${layers + 2}.bias`,
        shape: [logs.length],
        values: vector((place) => (exp(log(place).most) - 1 - own(place).offset) / own(place).scale),
      },
    );
    return packTensors(entries);
  }
  if (balance === 0) return trained;
  const weights = classWeights(balance, counts).map(log);
  const shifts = counts.length === 2 ? [(weights[1] as number) - (weights[0] as number)] : weights;
  const last = `${layers - 1}.bias`;
  return packTensors(
    entries.map((entry) =>
      entry.name === last ? { ...entry, values: entry.values.map((value, place) => value - (shifts[place] as number)) } : entry,
    ),
  );
}
