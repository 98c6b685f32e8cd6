import { describe, expect, it } from "vitest";
import { isSearch } from "../../../src/domain/spec/spec.ts";
import { loadData } from "../../../src/training/data/data.ts";
import { createInference } from "../../../src/training/predict/inference.ts";
import { datasetOf } from "../dataset.ts";
import { prepare, train } from "../train.ts";

const moons = { data: { generator: { type: "moons", samples: 240, noise: 0.2, seed: 7 } }, seed: 3 };
const blobs = { data: { generator: { type: "blobs", samples: 90, classes: 3, cluster_std: 2, seed: 1 } } };
const line = { data: { generator: { type: "linear", samples: 120, seed: 2 } } };
const trials = (count: number) => ({ model: { auto: { trials: count } } });

function found(spec: object, options: Parameters<typeof train>[1] = {}) {
  const run = train(spec, options);
  if (run.result.state !== "succeeded") throw new Error(JSON.stringify(run.result));
  return { ...run, result: run.result };
}

function refusalOf(spec: object) {
  const prepared = prepare(spec);
  if (prepared.ok) throw new Error("it was not refused");
  return prepared.errors.map(({ pointer, detail }) => `${pointer} ${detail}`);
}

describe("a job without a model", () => {
  it("says in its resolved spec which candidates are tried, as its epochs", () => {
    const prepared = prepare(moons);
    if (!prepared.ok || !isSearch(prepared.spec)) throw new Error(JSON.stringify(prepared));
    const { auto } = prepared.spec.model;
    expect(auto).toMatchObject({ metric: "log_loss", folds: 5, trained_folds: 5, trials: auto.candidates.length });
    expect(prepared.spec.epochs).toBe(auto.candidates.length);
    expect(auto.candidates[0]).toBe("linear");
  });

  it.each([
    ["two classes", moons, "accuracy"],
    ["three classes", blobs, "accuracy"],
    ["a regression", line, "r2"],
  ])("comes to one model for %s, scored on rows that its networks have not seen", (_, spec, name) => {
    const { result, series } = found({ ...spec, ...trials(5) });
    const { model, evaluation, metrics } = result;
    expect(model.layers).toMatchObject([{ type: "ensemble" }]);
    expect(model.score).toMatchObject({ part: "out_of_fold", linear: { reason: null } });
    expect(model.score?.metrics).toHaveProperty(name);
    expect(Object.entries(model.score?.metrics ?? {}).find(([metric]) => metric === name)?.[1]).toBeGreaterThan(0.9);
    expect(evaluation?.importance?.columns.length).toBeGreaterThan(0);
    expect(series.loss).toHaveLength(5);
    expect(series.val_loss?.at(-1)).toBe(metrics.final.val_loss);
    const board = model.search?.candidates ?? [];
    expect(board).toHaveLength(5);
    expect(board.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1);
  });

  it.each(["rmse", "mae", "r2"])("that learns logarithms is ranked by %s in the target's own units", (metric) => {
    const x = Array.from({ length: 160 }, (_, row) => ((row * 37) % 160) / 20);
    const y = x.map((value, row) => Math.exp(value) * (1 + 0.2 * Math.sin(7 * row)));
    const spec = {
      data: { dataset: { id: "ds", target: "y" } },
      preprocess: { target: { transform: "log" } },
      model: { auto: { trials: 3, metric } },
    };
    const { model } = found(spec, { dataset: datasetOf({ x, y }) }).result;
    const { score, candidates = [] } = model.search ?? {};
    const own = (model.score?.metrics ?? {}) as Readonly<Record<string, number>>;
    expect(score).toBeCloseTo(own[metric] as number, 3);
    const scores = candidates.map((candidate) => candidate.score as number);
    expect(scores).toEqual(scores.toSorted((a, b) => (metric === "r2" ? b - a : a - b)));
  });

  it.each([
    ["f1", undefined, { maximize: "f1" }],
    ["balanced_accuracy", undefined, { maximize: "balanced_accuracy" }],
    ["f1", { threshold: 0.3 }, { threshold: 0.3 }],
    ["roc_auc", undefined, undefined],
  ])("by %s decides two classes for that metric unless it says otherwise", (metric, decision, expected) => {
    const prepared = prepare({ ...moons, model: { auto: { trials: 1, metric } }, ...(decision && { decision }) });
    if (!prepared.ok) throw new Error(JSON.stringify(prepared));
    expect(prepared.spec.decision).toEqual(expected);
  });

  it("of more than two classes by f1 has no threshold", () => {
    const prepared = prepare({ ...blobs, model: { auto: { trials: 1, metric: "f1" } } });
    expect(prepared).toMatchObject({ ok: true });
    expect(prepared.ok && prepared.spec.decision).toBe(undefined);
  });

  it("gives the same bits again, and others for another seed", () => {
    const spec = { ...moons, ...trials(4) };
    const { sha256 } = found(spec).result.model;
    expect(found(spec).result.model.sha256).toBe(sha256);
    expect(found({ ...spec, seed: 4 }).result.model.sha256).not.toBe(sha256);
  });

  it("goes on from a checkpoint to the same bits, and a checkpoint is a model", () => {
    const spec = { ...moons, ...trials(5), checkpoint: { every_epochs: 2, min_seconds: 0 } };
    const whole = found(spec);
    expect(whole.checkpoints.map(({ epoch }) => epoch)).toEqual([2, 4]);
    for (const from of whole.checkpoints) {
      const { result, series } = found(spec, { from, epochsDone: from.epoch });
      expect(result.model.sha256).toBe(whole.result.model.sha256);
      expect(result.model.search?.candidates.map(({ trial, weight }) => [trial, weight])).toEqual(
        whole.result.model.search?.candidates.map(({ trial, weight }) => [trial, weight]),
      );
      expect(series.loss).toEqual(whole.series.loss?.slice(from.epoch));
      const outputs = createInference(from.model, { ...from.tensors, entries: from.model.weights }, [32]).outputs(
        Float32Array.of(0.5, 0.2),
        1,
      );
      expect(outputs[0]).toBeGreaterThan(0);
    }
  });

  it("stops between candidates, and within one", () => {
    const { result, checkpoints } = train({ ...moons, ...trials(5) }, { stopAt: (asked) => asked > 400 });
    expect(result.state).toBe("stopped");
    expect(checkpoints.length).toBeLessThanOrEqual(1);
    expect(train({ ...moons, ...trials(5) }, { cancelAfter: 2 }).result.state).toBe("cancelled");
  });

  it("keeps rows that the split holds out away from the search, and scores the model on them", () => {
    const { result } = found({ ...moons, ...trials(3), split: { test: 0.25 } });
    expect(result.model.score).toMatchObject({ part: "test", rows: 60 });
  });

  it("serves predictions that agree with its evaluation of the training rows", () => {
    const spec = { ...blobs, ...trials(3) };
    const { result } = found(spec);
    const prepared = prepare(spec);
    if (!prepared.ok) throw new Error("it is refused");
    const run = { job: prepared, payload: null, dataset: null, checkpoint: null };
    const { train: table } = loadData(run as unknown as Parameters<typeof loadData>[0]);
    const outputs = createInference(result.model, result.weights, [256]).outputs(table.features, table.rows);
    const hits = Array.from({ length: table.rows }, (_, row) => {
      const own = outputs.subarray(row * 3, row * 3 + 3);
      return own.indexOf(Math.max(...own)) === table.targets[row] ? 1 : 0;
    });
    const accuracy = hits.reduce<number>((sum, hit) => sum + hit, 0) / table.rows;
    expect(result.evaluation?.train).toMatchObject({ accuracy });
  });

  it("refuses what a search chooses itself, a metric of another task, and too few rows", () => {
    expect(refusalOf({ ...moons, epochs: 10, optimizer: "adam" })).toEqual([
      "/optimizer is chosen by the search when model is left out: leave it out, or give model.layers",
      "/epochs is chosen by the search when model is left out: leave it out, or give model.layers",
    ]);
    expect(refusalOf({ ...moons, model: { auto: { metric: "r2" } } })[0]).toMatch(
      /^\/model\/auto\/metric r2 is not a metric of binary/,
    );
    expect(refusalOf({ data: { generator: { type: "moons", samples: 6 } } })[0]).toMatch(/needs at least 10 rows/);
  });
});
