import { describe, expect, it } from "vitest";
import { createRandom, streamKey } from "../../../src/engine/index.ts";
import { classInfluences, type Influences, valueInfluences } from "../../../src/training/certainty/influences.ts";
import { evaluateClasses, evaluateValues, type Predicted } from "../../../src/training/evaluate/evaluate.ts";

const ROWS = 24;
/** Copies of every row, among which one more copy of a row counts little. */
const COPIES = 400;

/** The rows again and again, and one of them once more. */
function repeated({ outputs, targets }: Predicted, extra: number | null): Predicted {
  const all = Array.from({ length: ROWS * COPIES + (extra === null ? 0 : 1) }, (_, at) =>
    at < ROWS * COPIES ? at % ROWS : (extra as number),
  );
  const take = (values: Float32Array) => {
    const width = values.length / ROWS;
    return Float32Array.from({ length: all.length * width }, (_, at) => {
      const row = all[Math.floor(at / width)] as number;
      return values[row * width + (at % width)] as number;
    });
  };
  return { rows: all.length, outputs: take(outputs), targets: take(targets) };
}

/** Holds each influence to what a copy of its row changes of the figure, computed by the evaluation. */
function expectDerivatives(
  predicted: Predicted,
  influences: Influences,
  figuresOf: (rows: Predicted) => Readonly<Record<string, number | null>>,
): void {
  const before = figuresOf(repeated(predicted, null));
  const changes = Array.from({ length: ROWS }, (_, row) => figuresOf(repeated(predicted, row)));
  for (const [name, figure] of Object.entries(influences)) {
    const influence = figure();
    expect(influence?.value, name).toBeCloseTo(before[name] as number, 6);
    expect(
      influence?.rows.reduce((sum, each) => sum + each, 0),
      name,
    ).toBeCloseTo(0, 6);
    influence?.rows.forEach((each, row) => {
      const change = ((changes[row]?.[name] as number) - (before[name] as number)) * (ROWS * COPIES + 1);
      expect(Math.abs(change - each), `${name} of row ${row}`).toBeLessThan(0.01 * Math.max(1, Math.abs(each)));
    });
  }
}

const random = createRandom(streamKey(1, "influences"));

describe("the influence of a row", () => {
  it.each([2, 3])("on figures of %d classes is what another copy of it changes", (classes) => {
    const targets = Float32Array.from({ length: ROWS }, () => random.integer(classes));
    const width = classes === 2 ? 1 : classes;
    // In tenths, so that scores tie.
    const outputs = new Float32Array(ROWS * width);
    for (let row = 0; row < ROWS; row++) {
      const weights = Array.from({ length: width }, (_, label) => 1 + random.integer(8) + (label === targets[row] ? 3 : 0));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let label = 0; label < width; label++)
        outputs[row * width + label] = width === 1 ? (weights[0] as number) / 13 : (weights[label] as number) / total;
    }
    const predicted = { rows: ROWS, outputs, targets };
    const labels = Array.from({ length: classes }, (_, label) => String(label));
    expectDerivatives(predicted, classInfluences(predicted, classes), (rows) => {
      const { f1, ...figures } = evaluateClasses(rows, labels);
      return { ...(figures as unknown as Record<string, number>), f1: f1.macro };
    });
  });

  it.each([1, 2])("on figures of %d columns of values is what another copy of it changes", (width) => {
    const draw = () => Float32Array.from({ length: ROWS * width }, () => random.normal());
    const predicted = { rows: ROWS, outputs: draw(), targets: draw() };
    const { mse, ...influences } = valueInfluences(predicted, []);
    expectDerivatives(predicted, influences, (rows) => evaluateValues(rows) as unknown as Record<string, number>);
    if (width === 1) expect(mse()?.value).toBeCloseTo((influences.rmse()?.value ?? 0) ** 2, 6);
  });
});
