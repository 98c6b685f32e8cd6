import { describe, expect, it } from "vitest";
import { pairFigures } from "../../../src/training/certainty/paired.ts";
import { evaluate } from "../../../src/training/evaluate/evaluate.ts";
import { createPopulation } from "./generated.ts";

const ROWS = 50;
const targets = Float32Array.from({ length: ROWS }, (_, row) => row % 2);
/** A classifier that is wrong on the first `wrong` rows. */
const side = (wrong: number) => ({
  predicted: {
    rows: ROWS,
    outputs: targets.map((label, row) => ((label === 1) !== row < wrong ? 0.9 : 0.1)),
    targets,
  },
  scalings: [],
});

describe("two models on the same rows", () => {
  it("cannot be told apart where they say the same", () => {
    for (const figure of pairFigures(side(5), side(5), 2)) expect(figure).toMatchObject({ difference: 0, p_a_better: 0.5 });
  });

  it("are told apart by the rows on which they differ: the share of draws that have one of them", () => {
    const [accuracy] = pairFigures(side(2), side(5), 2);
    expect(accuracy).toMatchObject({ figure: "accuracy", a: expect.closeTo(0.96, 12), b: expect.closeTo(0.9, 12) });
    // A draw without any of the three rows ties, which counts half.
    expect(accuracy?.p_a_better).toBeCloseTo(1 - (1 - 3 / ROWS) ** ROWS / 2, 2);
  });

  it("are the same pair from either side, also by figures of which less is better", () => {
    const [there, back] = [pairFigures(side(2), side(5), 2), pairFigures(side(5), side(2), 2)];
    expect(there.map(({ figure }) => figure)).toContain("log_loss");
    there.forEach(({ figure, difference, p_a_better }, at) => {
      expect(p_a_better, figure).toBeGreaterThan(0.9);
      expect(back[at], figure).toMatchObject({ difference: -difference, p_a_better: expect.closeTo(1 - p_a_better, 10) });
    });
  });

  it("differ on fresh rows by what the interval of 90 % holds, in 87 to 93 % of 200 repeats", () => {
    const held = new Map<string, number>();
    for (let repeat = 0; repeat < 200; repeat++) {
      const { draw, train, labels } = createPopulation("two_classes", repeat);
      const [a, b] = [train(3000, 40), train(3000, 80)];
      const [scored, fresh] = [draw(150), draw(3000)];
      const [ofA, ofB] = [a, b].map((predict) => evaluate(predict(fresh), labels) as unknown as Record<string, number>);
      const pair = [a, b].map((predict) => ({ predicted: predict(scored), scalings: [] }));
      for (const { figure, from, to } of pairFigures(pair[0] as never, pair[1] as never, 2)) {
        const difference = (ofB?.[figure] as number) - (ofA?.[figure] as number);
        if (difference >= from && difference <= to) held.set(figure, (held.get(figure) ?? 0) + 1);
      }
    }
    for (const figure of ["accuracy", "log_loss", "roc_auc"]) {
      expect((held.get(figure) ?? 0) / 200, figure).toBeGreaterThanOrEqual(0.87);
      expect((held.get(figure) ?? 0) / 200, figure).toBeLessThanOrEqual(0.93);
    }
  });
});
