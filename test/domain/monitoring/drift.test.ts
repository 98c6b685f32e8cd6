import { describe, expect, it } from "vitest";
import { chiSquareTail, testHomogeneity } from "../../../src/domain/monitoring/chi-square.ts";
import { stabilityIndex, WINDOW_ROWS } from "../../../src/domain/monitoring/drift.ts";
import { binOf, layoutOf } from "../../../src/domain/monitoring/layout.ts";
import { driftMessage } from "../../../src/domain/monitoring/messages.ts";
import { edgesOf } from "../../../src/domain/monitoring/reference.ts";
import { judgedWindows } from "./simulated-use.ts";

describe("the tail of chi-square", () => {
  // scipy.stats.chi2.sf of SciPy 1.10.
  it.each([
    [3.841458820694124, 1, 0.04999999999999989],
    [27.877164871256568, 9, 0.0010000000000000024],
    [45.3, 9, 8.119408291512465e-7],
    [100, 33, 1.1483804727871504e-8],
    [700, 9, 6.916357838795454e-145],
    [0.5, 3, 0.9188914116546758],
    [12, 7, 0.10055886850835878],
    [1e-6, 1, 0.9992021155721779],
  ])("is SciPy's at %d of %d degrees of freedom", (x, df, expected) => {
    expect(Math.abs(chiSquareTail(x, df) / expected - 1)).toBeLessThan(1e-11);
  });

  it("is e^(-x/2) of two degrees of freedom, and 1 at nothing", () => {
    expect(chiSquareTail(5, 2)).toBeCloseTo(Math.exp(-2.5), 14);
    expect(chiSquareTail(0, 4)).toBe(1);
  });
});

describe("the test that two samples are of one distribution", () => {
  it("is scipy.stats.chi2_contingency where all bins are full enough", () => {
    const { statistic, df, p } = testHomogeneity([10, 20, 30], [20, 20, 20]);
    expect(statistic).toBeCloseTo(5.333333333333334, 12);
    expect(df).toBe(2);
    expect(p).toBeCloseTo(0.0694834512228015, 12);
  });

  it("puts bins of few rows together", () => {
    expect(testHomogeneity([1, 1, 1, 1, 1, 1, 50], [0, 2, 1, 1, 0, 2, 50]).df).toBe(1);
    expect(testHomogeneity([1, 0, 200], [0, 0, 100])).toMatchObject({ df: 0, p: 1 });
    expect(testHomogeneity([0, 0], [5, 5]).p).toBe(1);
  });
});

describe("the population stability index", () => {
  it("is the sum of (q - p) ln(q / p)", () => {
    expect(stabilityIndex([50, 50], [25, 75])).toBeCloseTo(-0.25 * Math.log(0.5) + 0.25 * Math.log(1.5), 14);
    expect(stabilityIndex([10, 20, 70], [1, 2, 7])).toBeCloseTo(0, 14);
  });

  it("counts an empty bin as half a row, and none that both lack", () => {
    expect(stabilityIndex([100, 0, 0], [90, 10, 0])).toBeCloseTo(-0.1 * Math.log(0.9) + (0.1 - 0.005) * Math.log(20), 14);
  });
});

describe("bins", () => {
  it("have as many rows each as equal values allow, and show what is below a value that fills the first", () => {
    const values = Float64Array.from({ length: 100 }, (_, index) => index);
    expect(edgesOf(values)).toEqual([9, 19, 29, 39, 49, 59, 69, 79, 89]);
    const [below, seven] = edgesOf(new Float64Array(20).fill(7));
    expect(below).toBeLessThan(7);
    expect(seven).toBe(7);
  });

  it("tell missing, unseen, rare and known labels apart", () => {
    const reference = {
      rows: 9,
      columns: [{ labels: ["a", "c"], counts: [5, 3, 1, 0, 0] }],
      answers: { part: "test", rows: 0, columns: [] },
    };
    const preprocessing = { columns: [{ kind: "category", column: "x", categories: ["a", "b", "c"] }], targets: [] };
    const column = layoutOf({ preprocessing, inputWidth: 1, classes: [], reference } as never)?.inputs[0];
    if (!column) throw new Error("no layout");
    expect([0, 1, 2, -1, Number.NaN].map((place) => binOf(column, place))).toEqual([0, 2, 1, 3, 4]);
  });
});

const alerts = (use: Parameters<typeof judgedWindows>[0]) =>
  [...judgedWindows(use)].filter(({ drifted }) => drifted.length > 0).length;

describe("alerts", () => {
  it.each([
    { columns: 1, rows: 100 },
    { columns: 1, rows: 20_000 },
    { columns: 12, rows: 150 },
    { columns: 120, rows: 200 },
  ])("come in at most one of 100 quiet windows: $columns columns, $rows training rows", (use) => {
    expect(alerts({ ...use, windows: 100 })).toBeLessThanOrEqual(1);
  });

  it.each([
    { columns: 1, rows: 200 },
    { columns: 120, rows: 200 },
  ])("come of every window with a shift by one standard deviation: $columns columns, $rows training rows", (use) => {
    for (const { drifted } of judgedWindows({ ...use, windows: 10, shift: 1 })) expect(drifted).toEqual(["c0"]);
    // The first window that is shifted as a whole ends before 1,000 shifted rows.
    expect(2 * WINDOW_ROWS).toBeLessThanOrEqual(1000);
  });

  it("are told when they begin or another column joins, and when all are over", () => {
    const layout = layoutOf({
      preprocessing: null,
      inputWidth: 2,
      classes: [],
      reference: {
        rows: 4,
        columns: [
          { edges: [1], counts: [2, 2, 0] },
          { edges: [1], counts: [2, 2, 0] },
        ],
        answers: { part: "test", rows: 0, columns: [] },
      },
    });
    if (!layout) throw new Error("no layout");
    const columns = [
      { psi: 0.5, p: 1e-9 },
      { psi: 0.01, p: 0.5 },
    ];
    const window = { number: 3, rows: 500, startedAt: 0, endedAt: 1000 };
    const told = (drifted: string[], before: string[]) => {
      const text = driftMessage({ id: "mdl_1", name: "a", version: 2 }, layout, window, { columns, drifted }, before);
      return text === null ? null : (JSON.parse(text) as { type: string; data: { columns: unknown[] } });
    };
    expect(told(["0"], [])).toMatchObject({
      type: "model.drifted",
      data: { columns: [{ column: "0", role: "input", psi: 0.5, p_value: 1e-9 }] },
    });
    expect(told(["0"], ["0"])).toBeNull();
    expect(told(["0", "1"], ["0"])?.type).toBe("model.drifted");
    expect(told([], ["0"])).toMatchObject({ type: "model.recovered", data: { columns: [] } });
    expect(told([], [])).toBeNull();
  });
});
