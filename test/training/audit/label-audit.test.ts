import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { labelAudit } from "../../../src/domain/models/label-audit.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";
import { auditLabels, confidentlyWrong, meanProbabilities } from "../../../src/training/audit/label-audit.ts";
import { loadData } from "../../../src/training/data/data.ts";
import { foldsOf } from "../../../src/training/data/folds.ts";
import { takeRows } from "../../../src/training/data/table.ts";
import { areasUnderCurves } from "../../../src/training/evaluate/roc.ts";
import { fitStraightLine } from "../../../src/training/evaluate/straight-line.ts";
import { datasetOf } from "../dataset.ts";
import { jobRecord, prepare, train } from "../train.ts";

describe("confident learning", () => {
  it("counts a row for the most probable class whose own rows are no more sure of it on average", () => {
    // Thresholds: class 0 has (0.9 + 0.6 + 0.1) / 3, class 1 (0.8 + 0.2) / 2.
    const probabilities = Float64Array.of(0.9, 0.1, 0.6, 0.4, 0.1, 0.9, 0.2, 0.8, 0.8, 0.2);
    const doubted = { rows: 5, targets: [0, 0, 0, 1, 1], probabilities, classes: 2 };
    expect(confidentlyWrong(doubted)).toEqual([false, false, true, false, true]);
    const { labels, doubtful } = auditLabels(doubted, [10, 11, 12, 13, 14], ["a", "b"]);
    expect(doubtful).toBe(2);
    expect(labels.map(({ row }) => row)).toEqual([12, 14, 11, 13, 10]);
    expect(labels[0]).toEqual({
      row: 12,
      label: "a",
      suggested: "b",
      label_probability: 0.1,
      suggested_probability: 0.9,
      doubtful: true,
    });
  });

  it("agrees with the joint counted cell by cell, for any probabilities", () => {
    const table = fc
      .integer({ min: 2, max: 5 })
      .chain((classes) =>
        fc.array(
          fc.tuple(
            fc.integer({ min: 0, max: classes - 1 }),
            fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: classes, maxLength: classes }),
          ),
          { minLength: 1, maxLength: 30 },
        ),
      );
    fc.assert(
      fc.property(table, (rows) => {
        const classes = (rows[0] as (typeof rows)[number])[1].length;
        const shares = rows.map(([, own]) => own.map((value) => value / own.reduce((sum, each) => sum + each, 0)));
        const targets = rows.map(([target]) => target);
        const mean = (index: number) => {
          const own = shares.filter((_, row) => targets[row] === index);
          return own.reduce((sum, share) => sum + (share[index] as number), 0) / own.length;
        };
        const thresholds = Array.from({ length: classes }, (_, index) => mean(index));
        const expected = shares.map((share, row) => {
          const confident = share.flatMap((value, index) => (value >= (thresholds[index] as number) ? [index] : []));
          const most = confident.toSorted((a, b) => (share[b] as number) - (share[a] as number))[0];
          return most !== undefined && most !== targets[row];
        });
        const probabilities = Float64Array.from(shares.flat());
        expect(confidentlyWrong({ rows: rows.length, targets, probabilities, classes })).toEqual(expected);
      }),
    );
  });

  it("takes the mean of models of one output and of several", () => {
    const means = meanProbabilities([Float32Array.of(0.25), Float32Array.of(0.5, 0.5)], 1, 2);
    expect([...means]).toEqual([0.625, 0.375]);
  });
});

// ---------------------------------------------------------------- labels that were flipped

type Cells = (string | number)[];

/** A table of numbers with its classes last, of which a twentieth is flipped by a seed. */
function flipped(file: string, seed: number) {
  const text = readFileSync(new URL(`../../fixtures/datasets/${file}.csv`, import.meta.url), "utf8");
  const [head = "", ...lines] = text.trim().split(/\r?\n/);
  const names = head.split(",");
  const target = names.at(-1) as string;
  const cells = lines.map((line) => line.split(","));
  const columns: Record<string, Cells> = {};
  names.forEach((name, index) => {
    columns[name] = cells.map((row) => (name === target ? `class ${row[index]}` : Number(row[index])));
  });
  const labels = columns[target] as Cells;
  const classes = [...new Set(labels)].sort();
  const random = createRandom(streamKey(seed, "flip"));
  const isFlipped = new Uint8Array(labels.length);
  for (const row of random.permutation(labels.length).subarray(0, Math.round(labels.length / 20))) {
    const others = classes.filter((label) => label !== labels[row]);
    labels[row] = others[random.integer(others.length)] as string;
    isFlipped[row] = 1;
  }
  return { target, dataset: datasetOf(columns), isFlipped };
}

const AUDIT = { model: { auto: { audit: true } } };
const specOf = (target: string, seed: number) => ({ data: { dataset: { id: "ds", target } }, ...AUDIT, seed });

/** The area for surprises, the more the greater: of so many rows. */
const areaOf = (surprises: ArrayLike<number>, isFlipped: Uint8Array): number =>
  areasUnderCurves(Float32Array.from(surprises), (row) => isFlipped[row] === 1)?.roc ?? Number.NaN;

const runs = new Map<string, ReturnType<typeof train>>();

/** The job of an audit, with a checkpoint after every other candidate. Each table is audited once, whoever asks. */
function auditOf(file: string, seed: number) {
  const { target, dataset } = flipped(file, seed);
  const spec = { ...specOf(target, seed), checkpoint: { every_epochs: 2, min_seconds: 0 } };
  const run = runs.get(`${file} ${seed}`) ?? train(spec, { dataset });
  runs.set(`${file} ${seed}`, run);
  return { spec, dataset, run };
}

function audited(file: string, seed: number) {
  const { result } = auditOf(file, seed).run;
  if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
  return labelAudit.parse(result.evaluation?.labels);
}

/** One minus the probability of its class, by logistic regressions on five folds, as scikit-learn's cross_val_predict has it. */
function logisticSurprises({ target, dataset }: ReturnType<typeof flipped>, seed: number): Float64Array {
  const prepared = prepare(specOf(target, seed), {}, dataset);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  const data = loadData({ job: jobRecord(prepared, 0), payload: null, dataset, checkpoint: null });
  const classes = prepared.classes.length;
  const { train: table, preprocessing } = data;
  const cut = foldsOf({
    ...{ rows: table.rows, among: null, groups: null, times: null },
    classes: table.targets,
    count: 5,
    repeats: 1,
    seed,
  });
  if (!cut.ok) throw new Error(cut.detail);
  const surprises = new Float64Array(table.rows);
  for (const { train: own, validation } of cut.folds) {
    const line = fitStraightLine({ train: takeRows(table, own), preprocessing, classes, scoredRows: validation.length, seed });
    if (!line.fitted) throw new Error(line.reason);
    const outputs = line.outputs(takeRows(table, validation));
    const probabilities = meanProbabilities([outputs], validation.length, classes);
    validation.forEach((row, place) => {
      surprises[row] = 1 - (probabilities[place * classes + (table.targets[row] as number)] as number);
    });
  }
  return surprises;
}

describe("an audit", () => {
  it.each(["iris", "wine", "breast_cancer"])("of %s finds flipped labels no worse than logistic regressions do", (file) => {
    const seed = 1;
    const table = flipped(file, seed);
    const { labels, rows } = audited(file, seed);
    const surprises = new Float64Array(rows).fill(-1);
    for (const { row, label_probability } of labels) surprises[row] = 1 - label_probability;
    const theirs = areaOf(logisticSurprises(table, seed), table.isFlipped);
    expect(areaOf(surprises, table.isFlipped)).toBeGreaterThanOrEqual(theirs);
  });

  it("doubts hardly more labels than are wrong, and says what they rather are", () => {
    const table = flipped("wine", 1);
    const { labels, doubtful } = audited("wine", 1);
    const found = labels.filter((label) => label.doubtful);
    expect(found).toHaveLength(doubtful);
    expect(found.filter(({ row }) => table.isFlipped[row] === 1).length).toBeGreaterThanOrEqual(0.8 * doubtful);
    expect(labels.every(({ label, suggested }) => label !== suggested)).toBe(true);
    expect(labels.map(({ label_probability: own }) => own)).toEqual(
      labels.map(({ label_probability: own }) => own).toSorted((a, b) => a - b),
    );
  });

  it("gives the same labels again, and after an interruption", () => {
    const { spec, dataset, run: whole } = auditOf("iris", 1);
    const [from = null] = whole.checkpoints;
    expect(from).not.toBeNull();
    const resumed = train(spec, { dataset, from, epochsDone: from?.epoch ?? 0 });
    for (const { result } of [whole, resumed]) if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
    const labelsOf = ({ result }: typeof whole) => (result.state === "succeeded" ? result.evaluation?.labels : null);
    expect(labelsOf(resumed)).toEqual(labelsOf(whole));
    expect(labelsOf(whole)).toMatchObject({ repeats: 5, folds: 5, rows: 150 });
  });

  it("ends between two of its straight lines, and goes on from there to the same labels", () => {
    const { target, dataset } = flipped("iris", 1);
    const spec = { ...specOf(target, 1), model: { auto: { audit: true, trials: 2 } } };
    let asked = 0;
    const stopAt = (times: number) => {
      asked = times;
      return false;
    };
    const whole = train(spec, { dataset, stopAt });
    // Each of the ten lines asks, and nothing does behind them.
    const stopped = train(spec, { dataset, stopAt: (times) => times >= asked - 5 });
    expect(stopped.result.state).toBe("stopped");
    const [from = null] = stopped.checkpoints;
    expect(from?.epoch).toBe(2);
    const resumed = train(spec, { dataset, from, epochsDone: 2 });
    const labelsOf = ({ result }: typeof whole) => (result.state === "succeeded" ? result.evaluation?.labels : null);
    expect(labelsOf(resumed)).toEqual(labelsOf(whole));
    expect(labelsOf(whole)).toMatchObject({ repeats: 2 });
  });

  it.each([
    [{ data: { generator: { type: "linear", samples: 60 } }, ...AUDIT }, "/model/auto/audit the target is a number"],
    [{ data: { generator: { type: "moons", samples: 60 } }, ...AUDIT, split: { validation: 0.2 } }, "/split holds rows out"],
    [
      { data: { generator: { type: "moons", samples: 60 } }, model: { auto: { audit: true, trials: 11 } } },
      "/model/auto/trials must be at most 10",
    ],
  ])("is refused where there is nothing to audit", (spec, words) => {
    const prepared = prepare(spec);
    if (prepared.ok) throw new Error("it was not refused");
    expect(prepared.errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join()).toContain(words);
  });
});
