/** The playground's training is a job's: the same spec has the same losses, split and accuracy in both. */
import { describe, expect, it } from "vitest";
import type { TrainerSetup } from "../../../src/dashboard/playground/messages.ts";
import {
  ACTIVATIONS,
  DEFAULTS,
  generatorOf,
  jobOf,
  layersOf,
  OPTIMISERS,
  optimizerOf,
  type Settings,
  SHAPES,
} from "../../../src/dashboard/playground/options.ts";
import { createSession } from "../../../src/dashboard/playground/session.ts";
import { datasetOf } from "../../training/dataset.ts";
import { train } from "../../training/train.ts";

const EPOCHS = 12;

function setupOf(settings: Settings, source: TrainerSetup["source"]): TrainerSetup {
  return {
    source,
    layers: layersOf(settings),
    optimizer: optimizerOf(settings),
    batchSize: Number(settings.batch),
    validation: Number(settings.validation),
    seed: settings.seed,
  };
}

const forever = (lr: string) => ({ epochs: EPOCHS, lr: Number(lr), isOver: () => false });
const rounded = (values: Iterable<number>) => Array.from(values, (value) => Number(value.toPrecision(5)));

function generated(change: Partial<Settings>): { settings: Settings; setup: TrainerSetup } {
  const settings = { ...DEFAULTS, ...change };
  return { settings, setup: setupOf(settings, { generator: generatorOf(settings) as never }) };
}

describe("a playground's training", () => {
  it.each([
    ...SHAPES.map(({ value }) => ({ data: value })),
    ...OPTIMISERS.map(({ value }) => ({ optimizer: value, decay: "0.01" })),
    ...ACTIVATIONS.map(({ value }) => ({ activation: value })),
    { layers: [] },
    { layers: [3, 4, 5], batch: "64", validation: "0.5", seed: 9 },
    { validation: "0", batch: "2000" },
    { noise: "0" },
  ])("has the losses of the job: %o", (change) => {
    const { settings, setup } = generated(change);
    const { series, scores } = createSession(setup).advance(forever(settings.lr));
    const job = train(jobOf(settings, "same", EPOCHS));
    expect(rounded(series.loss)).toEqual(rounded(job.series.loss ?? []));
    if (settings.validation !== "0") expect(rounded(series.valLoss)).toEqual(rounded(job.series.val_loss ?? []));
    else expect(scores.validation).toBeNull();
    if (settings.validation !== "0") expect(scores.validation).toBeCloseTo(job.series.val_accuracy?.at(-1) as number, 6);
  });

  it.each([
    ["complete", 0],
    ["with missing values, which both impute", 7],
  ])("has the losses of a job on two columns of a table, of classes and of a regression: %s", (_, missingEvery) => {
    const x = Array.from({ length: 90 }, (_, row) => ((row * 37) % 90) + 0.5);
    const y = Array.from({ length: 90 }, (_, row) => Math.sin(row) * 5);
    const kind = x.map((value, row) => (value > 60 ? "high" : (y[row] as number) > 0 ? "mid" : "low"));
    const worth = x.map((value, row) => value * 3 + (y[row] as number) * 20 + 0.25);
    const lacks = (row: number) => missingEvery > 0 && row % missingEvery === 2;
    const holed = (values: readonly number[], shift: number) => values.map((value, row) => (lacks(row + shift) ? null : value));
    const columnOf = (values: readonly (number | null)[]) => Float64Array.from(values, (value) => value ?? Number.NaN);
    const known = { x: holed(x, 0), y: holed(y, 3) };
    const dataset = datasetOf({ ...known, kind, worth });
    for (const target of ["kind", "worth"] as const) {
      const settings: Settings = { ...DEFAULTS, data: "ds_1", x: "x", y: "y", target, layers: [5] };
      const classes = target === "kind" ? ["high", "low", "mid"] : [];
      const targets = target === "kind" ? kind.map((label) => classes.indexOf(label)) : worth;
      const columns = { x: columnOf(known.x), y: columnOf(known.y), targets: Float64Array.from(targets), classes };
      const { series, scores, field } = createSession(setupOf(settings, { table: columns })).advance(forever(settings.lr));
      const job = train(jobOf(settings, "same", EPOCHS), { dataset });
      expect(rounded(series.loss)).toEqual(rounded(job.series.loss ?? []));
      expect(rounded(series.valLoss)).toEqual(rounded(job.series.val_loss ?? []));
      const measured = target === "kind" ? job.series.val_accuracy : job.series.val_r2;
      expect(scores.validation).toBeCloseTo(measured?.at(-1) as number, 3);
      // A regression is drawn in the units of its target.
      if (field.kind === "value") expect(Math.max(...field.plane)).toBeGreaterThan(100);
    }
  });

  it("is the same to the bit however it is cut into frames, and goes on at another rate", () => {
    const { setup } = generated({ data: "xor", layers: [6] });
    const [whole, cut] = [createSession(setup), createSession(setup)];
    const all = whole.advance({ epochs: 9, lr: 0.01, isOver: () => false });
    for (let epoch = 0; epoch < 9; epoch++) cut.advance({ epochs: 5, lr: 0.01, isOver: () => true });
    expect(cut.advance(null).field).toEqual(all.field);
    const [kept, faster] = [whole.advance({ epochs: 1, lr: 0.01, isOver: () => false }), cut.advance(forever("0.1"))];
    expect([kept.epoch, faster.epoch]).toEqual([10, 9 + EPOCHS]);
    expect(faster.field).not.toEqual(kept.field);
  });

  it("says when it diverged, and stays there", () => {
    const { setup } = generated({ optimizer: "sgd", layers: [32, 32, 32], activation: "relu" });
    const regression = {
      x: new Float64Array(40).map((_, i) => i),
      y: new Float64Array(40),
      targets: new Float64Array(40).map((_, i) => i % 7),
      classes: [],
    };
    const session = createSession({ ...setup, source: { table: regression } });
    const frame = session.advance({ epochs: 400, lr: 1e4, isOver: () => false });
    expect(frame.diverged).toBe(true);
    expect(session.advance(forever("0.01")).epoch).toBe(frame.epoch);
  });
});
