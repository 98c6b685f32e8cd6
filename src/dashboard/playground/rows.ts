/**
 * The rows of a playground as training takes them: split and scaled as in a job of the same spec, by the same random streams. Runs in the
 * worker.
 */
import { createRandom, streamKey } from "../../engine/index.ts";
import { generate } from "../../training/data/generate.ts";
import { assignShares } from "../../training/data/splits/share-split.ts";
import { type Domain, domainOf } from "../plots/scale.ts";
import type { PlaygroundPoint, TableSource, TrainerSetup } from "./messages.ts";

/** Features [rows, 2] and targets [rows, 1] of a part, scaled. */
export interface PartRows {
  readonly rows: number;
  readonly features: Float32Array;
  readonly targets: Float32Array;
}

/** A value is learned as (value - offset) / scale. */
export interface Scaling {
  readonly offset: number;
  readonly scale: number;
}

export interface PlaygroundRows {
  readonly classes: readonly string[];
  readonly points: readonly PlaygroundPoint[];
  readonly train: PartRows;
  readonly validation: PartRows;
  /** Of the two features and the target. */
  readonly scalings: readonly [x: Scaling, y: Scaling, target: Scaling];
  /** What the picture shows, with room around the points. */
  readonly x: Domain;
  readonly y: Domain;
}

const PLAIN: Scaling = { offset: 0, scale: 1 };
/** Room around the data, as a share of its range: as the plots of models have it. */
const PADDING = 0.12;

/** Splits and scales the rows of a setup. */
export function rowsOf({ source, validation, seed }: TrainerSetup): PlaygroundRows {
  const isTable = "table" in source;
  const read = isTable ? source.table : generated(source.generator);
  const count = read.targets.length;
  const partOf = new Uint8Array(count);
  // A table with classes is stratified by default; generated rows are not.
  const split = { validation, test: 0, stratify: isTable && read.classes.length > 0 };
  const classes = read.classes.length > 0 ? read.targets : null;
  if (validation > 0) assignShares(partOf, split, createRandom(streamKey(seed, "split")), { classes });
  const places = Array.from({ length: count }, (_, row) => row);
  const train = places.filter((row) => partOf[row] === 0);
  const held = places.filter((row) => partOf[row] !== 0);
  const table = { ...read, x: filled(read.x, train), y: filled(read.y, train) };
  const standard = (values: Float64Array) => (isTable ? standardOf(train.map((row) => values[row] as number)) : PLAIN);
  const ofTarget = classes ? PLAIN : standard(table.targets);
  const scalings = [standard(table.x), standard(table.y), ofTarget] as const;
  return {
    classes: table.classes,
    points: places.map((row) => ({
      x: table.x[row] as number,
      y: table.y[row] as number,
      target: table.targets[row] as number,
      part: partOf[row] === 0 ? "train" : "validation",
    })),
    train: partRows(table, train, scalings),
    validation: partRows(table, held, scalings),
    scalings,
    x: domainOf(table.x, PADDING),
    y: domainOf(table.y, PADDING),
  };
}

function generated(generator: Extract<TrainerSetup["source"], { generator: unknown }>["generator"]): TableSource {
  const { rows, features, targets } = generate(generator);
  const labels = Math.max(...targets) + 1;
  return {
    x: Float64Array.from({ length: rows }, (_, row) => features[2 * row] as number),
    y: Float64Array.from({ length: rows }, (_, row) => features[2 * row + 1] as number),
    targets: Float64Array.from(targets),
    classes: Array.from({ length: labels }, (_, label) => String(label)),
  };
}

/** The values, with missing ones replaced by the mean of the training rows: the default of a job. Zero if these have none. */
function filled(values: Float64Array, train: readonly number[]): Float64Array {
  if (!values.some(Number.isNaN)) return values;
  const known = train.map((row) => values[row] as number).filter((value) => !Number.isNaN(value));
  const fill = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
  return values.map((value) => (Number.isNaN(value) ? fill : value));
}

/** As scikit-learn's StandardScaler; a constant column is only shifted. */
function standardOf(values: readonly number[]): Scaling {
  const offset = values.reduce((sum, value) => sum + value, 0) / values.length;
  const scale = Math.sqrt(values.reduce((sum, value) => sum + (value - offset) ** 2, 0) / values.length);
  return { offset, scale: scale > 0 && Number.isFinite(scale) ? scale : 1 };
}

function partRows(table: TableSource, rows: readonly number[], [ofX, ofY, ofTarget]: PlaygroundRows["scalings"]): PartRows {
  const features = new Float32Array(rows.length * 2);
  rows.forEach((row, at) => {
    features[2 * at] = scaled(table.x[row] as number, ofX);
    features[2 * at + 1] = scaled(table.y[row] as number, ofY);
  });
  return {
    rows: rows.length,
    features,
    targets: Float32Array.from(rows, (row) => scaled(table.targets[row] as number, ofTarget)),
  };
}

/** Returns a value as it is learned. */
export const scaled = (value: number, { offset, scale }: Scaling): number => (value - offset) / scale;
