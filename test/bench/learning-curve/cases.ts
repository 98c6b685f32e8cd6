/** The cases of `bench:learning-curve`: real tables, targets, splits and networks, of which half of the rows are hidden from the curve. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import type { DatasetRows } from "../../../src/domain/datasets/dataset.ts";
import { type CurveFigureName, FORECAST_FACTOR } from "../../../src/domain/explanations/learning-curve.ts";
import type { TrainingRun } from "../../../src/domain/ports.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";
import { curveSizes, curveTrainings } from "../../../src/training/learning-curve/curve-rows.ts";
import { createCurveTrainer } from "../../../src/training/learning-curve/curve-trainer.ts";
import { datasetOf } from "../../training/dataset.ts";
import { jobRecord, prepare } from "../../training/train.ts";

type Cell = string | number | null;

/** A table and one of its columns to predict; where other columns give it away, they are left out. */
interface TableTarget {
  readonly table: string;
  readonly target: string;
  readonly without?: readonly string[];
}

const TARGETS: readonly TableTarget[] = [
  { table: "PimaIndiansDiabetes", target: "diabetes" },
  { table: "PimaIndiansDiabetes", target: "glucose", without: ["diabetes"] },
  { table: "Vehicle", target: "Class" },
  { table: "Vehicle", target: "Comp" },
  { table: "attrition", target: "Attrition" },
  { table: "attrition", target: "YearsAtCompany" },
  { table: "concrete", target: "compressive_strength" },
  { table: "concrete", target: "water" },
  { table: "TitanicSurvival", target: "survived" },
  { table: "TitanicSurvival", target: "age" },
  { table: "Sacramento", target: "price", without: ["zip"] },
  { table: "Sacramento", target: "sqft", without: ["zip"] },
  { table: "credit_data", target: "Status" },
  { table: "credit_data", target: "Home" },
  { table: "mlc_churn", target: "churn", without: ["state"] },
  { table: "spam", target: "type" },
  { table: "stackoverflow", target: "Salary" },
  { table: "stackoverflow", target: "Remote" },
  { table: "breast_cancer", target: "diagnosis" },
  { table: "diabetes", target: "progression" },
  { table: "diabetes", target: "s5" },
  { table: "digits", target: "digit" },
  { table: "penguins", target: "species" },
  { table: "penguins", target: "body_mass_g" },
  { table: "penguins", target: "sex" },
  { table: "iris", target: "species" },
  { table: "iris", target: "petal_width" },
  { table: "wine", target: "cultivar" },
  { table: "wine", target: "alcohol" },
];

/** What a user may train, scored on a validation part, or on a test part of its own: a share of the rows. */
export const SETTINGS = [
  { name: "as it comes", units: [16], test: 0, more: {} },
  { name: "wide", units: [48], test: 0.15, more: { optimizer: { type: "adam", lr: 0.01 }, epochs: 300 } },
  { name: "in batches", units: [24, 12], test: 0, more: { optimizer: { type: "adam", lr: 0.01 }, batch_size: 32, epochs: 60 } },
] as const;

/** Most rows of a table, so that all cases take minutes. */
const MAX_ROWS = 1600;
const HELD_OUT = 0.3;
const SIZES = 7;
/** Groups of a table, of the rows that are alike in a column. */
const GROUPS = 40;

/**
 * In which order rows are held out, known and hidden: by chance; whole groups after each other; or as the file has them, as if it went on in
 * time: the last ones are held out, those before them known, and the first ones hidden.
 */
export const ORDERS = ["chance", "groups", "time"] as const;
export type Order = (typeof ORDERS)[number];

/** How the cases are measured. */
export interface Measuring {
  readonly order: Order;
  /** Trainings on each number of rows. */
  readonly repeats: number;
}

export interface Case extends TableTarget {
  /** Its place among the settings. */
  readonly setting: number;
  /** Which rows are held out, and which are hidden. */
  readonly split: number;
}

/** What the curve saw, and what it did not. */
export interface Measured extends Case {
  readonly names: readonly CurveFigureName[];
  readonly scoredRows: number;
  readonly sizes: readonly number[];
  /** By figure, by number of rows, by repeat; null where there is none. */
  readonly curve: readonly (readonly (readonly (number | null)[])[])[];
  /** By figure: of the trainings on all rows, those that were hidden among them. */
  readonly truth: readonly (readonly (number | null)[])[];
}

export const cases = (splits: number): Case[] =>
  Array.from({ length: splits }, (_, split) =>
    SETTINGS.flatMap((__, setting) => TARGETS.map((target) => ({ ...target, setting, split }))),
  ).flat();

/** Trains the curve of half of the rows of a case, and its network on all of them. */
export function measure({ table, target, without = [], setting, split }: Case, { order: kind, repeats }: Measuring): Measured {
  const { units, test, more } = SETTINGS[setting] as (typeof SETTINGS)[number];
  const columns = readTable(table, target, without);
  const rows = columns[target]?.length ?? 0;
  const chance = [...createRandom(streamKey(split, `cases/${table}/${target}`)).permutation(rows)].slice(0, MAX_ROWS);
  const groups = kind === "groups" ? groupsOf(columns, target) : null;
  const order = groups ? together(chance, groups) : kind === "time" ? inTime(chance) : chance;
  const heldOut = Math.round(order.length * HELD_OUT);
  const known = heldOut + Math.floor((order.length - heldOut) / FORECAST_FACTOR);
  const tested = Math.round(order.length * test);
  const trainerOf = (own: readonly number[]) => {
    const groupsOfTrained = groups && Int32Array.from(own.slice(heldOut), (row) => groups[row] as number);
    const dataset = datasetOf(
      Object.fromEntries(Object.entries(columns).map(([name, cells]) => [name, own.map((row) => cells[row] ?? null)])),
    );
    const positions = (from: number, to: number) => Array.from({ length: to - from }, (_, place) => from + place);
    return createCurveTrainer(
      runOf(dataset, {
        data: { dataset: { id: "ds", target } },
        model: {
          layers: [...units.flatMap((width) => [{ type: "linear", units: width }, { type: "relu" }]), { type: "linear" }],
        },
        split: { validation_rows: positions(tested, heldOut), test_rows: positions(0, tested) },
        seed: split,
        ...more,
      }),
      groupsOfTrained,
    );
  };
  const half = trainerOf(order.slice(0, known));
  const sizes = curveSizes(half.data.train.rows, SIZES);
  const names = half.figureNames;
  const curve = names.map(() => sizes.map(() => new Array<number | null>(repeats).fill(null)));
  for (const training of curveTrainings(sizes, repeats)) {
    const { figures = [] } = half.train(training) ?? {};
    names.forEach((_, at) => {
      (curve[at]?.[training.size] as (number | null)[])[training.repeat] = figures[at] ?? null;
    });
  }
  const whole = trainerOf(order);
  const trainings = Array.from({ length: repeats }, (_, repeat) =>
    whole.train({ size: 0, repeat, rows: whole.data.train.rows }),
  );
  const truth = names.map((_, at) => trainings.map((each) => each?.figures[at] ?? null));
  return { table, target, setting, split, names, scoredRows: half.data[half.part]?.rows ?? 0, sizes, curve, truth };
}

/** The group of each row: which of the quantiles of the first number beside the target it is in. */
function groupsOf(columns: Record<string, Cell[]>, target: string): Int32Array {
  const [, values = []] =
    Object.entries(columns).find(([name, cells]) => name !== target && new Set(cells).size > GROUPS && !cells.some(isText)) ??
    [];
  const ranked = values.map((_, row) => row).sort((a, b) => Number(values[a] ?? 0) - Number(values[b] ?? 0));
  const groups = new Int32Array(columns[target]?.length ?? 0);
  ranked.forEach((row, rank) => {
    groups[row] = Math.floor((rank * GROUPS) / ranked.length);
  });
  return groups;
}

const isText = (cell: Cell): boolean => typeof cell === "string";

/** The rows in the order in which their groups come first. */
function together(order: readonly number[], groups: Int32Array): number[] {
  const places = new Map<number, number[]>();
  for (const row of order) {
    const group = groups[row] as number;
    const own = places.get(group) ?? [];
    places.set(group, own);
    own.push(row);
  }
  return [...places.values()].flat();
}

/** The rows by their place in the file: the held-out ones, the known and the hidden ones. */
function inTime(order: readonly number[]): number[] {
  const sorted = [...order].sort((a, b) => a - b);
  const heldOut = Math.round(sorted.length * HELD_OUT);
  return [...sorted.slice(-heldOut), ...sorted.slice(0, -heldOut).reverse()];
}

function runOf(dataset: DatasetRows, spec: object): TrainingRun {
  const prepared = prepare(spec, {}, dataset);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  return { job: jobRecord(prepared, 0), payload: prepared.payload, dataset, checkpoint: null };
}

/** The columns of a table whose rows have the target. */
function readTable(name: string, target: string, without: readonly string[]): Record<string, Cell[]> {
  const at = (path: string) => readFileSync(new URL(`../../fixtures/${path}`, import.meta.url));
  const isZipped = !["breast_cancer", "diabetes", "digits", "penguins", "iris", "wine"].includes(name);
  const text = isZipped ? gunzipSync(at(`tables/${name}.csv.gz`)) : at(`datasets/${name}.csv`);
  const records = parse(text, { columns: true }) as Record<string, string>[];
  const kept = records.filter((record) => !isMissing(record[target]));
  const names = Object.keys(records[0] ?? {}).filter((column) => !without.includes(column));
  return Object.fromEntries(
    names.map((column) => {
      const cells = kept.map((record) => record[column]);
      const isNumeric = cells.every((cell) => isMissing(cell) || Number.isFinite(Number(cell)));
      return [column, cells.map((cell) => (isMissing(cell) ? null : isNumeric ? Number(cell) : (cell as string)))];
    }),
  );
}

const isMissing = (cell: string | undefined): boolean => cell === undefined || cell === "" || cell === "NA";
