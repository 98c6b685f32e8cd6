/**
 * Standard functions of optimisation with their usual domains, and learning curves, to compare methods on. The formulas are those of
 * S. Surjanovic and D. Bingham, "Virtual Library of Simulation Experiments" (sfu.ca/~ssurjano/optimization.html).
 */
import type { ParameterValue, TrialParameters } from "../../../src/domain/sweeps/parameter.ts";
import type { Dimension, Space } from "../../../src/domain/sweeps/parameter-space.ts";

/** A function to be made small. */
export interface TestFunction {
  readonly name: string;
  readonly space: Space;
  valueAt(parameters: TrialParameters): number;
}

const rangeOf = (pointer: string, min: number, max: number, scale: "linear" | "log" = "linear"): Dimension => ({
  kind: "range",
  pointer,
  condition: null,
  range: { min, max, scale, integer: false, step: null },
});

const optionsOf = (pointer: string, values: readonly ParameterValue[]): Dimension => ({
  kind: "options",
  pointer,
  condition: null,
  options: values.map((value) => ({ value, part: value })),
});

/** A function of numbers, each in the same or in its own bounds. */
function ofNumbers(
  name: string,
  bounds: readonly (readonly [number, number])[],
  valueAt: (x: readonly number[]) => number,
): TestFunction {
  const dimensions = bounds.map(([min, max], index) => rangeOf(`/x/${index}`, min, max));
  return {
    name,
    space: { dimensions },
    valueAt: (given) => valueAt(dimensions.map(({ pointer }) => given[pointer] as number)),
  };
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

/** -sum of alpha exp(-sum of A (x - P)^2) */
function hartmann(a: readonly (readonly number[])[], p: readonly (readonly number[])[]): (x: readonly number[]) => number {
  const alpha = [1, 1.2, 3, 3.2];
  return (x) =>
    -sum(
      alpha.map((each, row) => {
        const distance = x.map((value, column) => (a[row]?.[column] ?? 0) * (value - (p[row]?.[column] ?? 0) / 1e4) ** 2);
        return each * Math.exp(-sum(distance));
      }),
    );
}

export const FUNCTIONS: readonly TestFunction[] = [
  ofNumbers("sphere", times(4, [-5.12, 5.12]), (x) => sum(x.map((each) => (each - 1) ** 2))),
  ofNumbers("rosenbrock", times(2, [-5, 10]), ([a = 0, b = 0]) => 100 * (b - a * a) ** 2 + (a - 1) ** 2),
  ofNumbers(
    "branin",
    [
      [-5, 10],
      [0, 15],
    ],
    ([x = 0, y = 0]) => {
      const root = y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6;
      return root * root + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
    },
  ),
  ofNumbers("ackley", times(4, [-32.768, 32.768]), (x) => {
    const distance = Math.sqrt(mean(x.map((each) => (each - 3) ** 2)));
    const waves = mean(x.map((each) => Math.cos(2 * Math.PI * (each - 3))));
    return -20 * Math.exp(-0.2 * distance) - Math.exp(waves) + 20 + Math.E;
  }),
  ofNumbers("rastrigin", times(3, [-5.12, 5.12]), (x) => {
    const own = x.map((each) => each - 0.7);
    return 10 * x.length + sum(own.map((each) => each * each - 10 * Math.cos(2 * Math.PI * each)));
  }),
  ofNumbers("levy", times(4, [-10, 10]), (x) => {
    const w = x.map((each) => 1 + (each - 1) / 4);
    const last = w.at(-1) ?? 0;
    const inner = w.slice(0, -1).map((each) => (each - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * each + 1) ** 2));
    return Math.sin(Math.PI * (w[0] ?? 0)) ** 2 + sum(inner) + (last - 1) ** 2 * (1 + Math.sin(2 * Math.PI * last) ** 2);
  }),
  ofNumbers(
    "hartmann 3",
    times(3, [0, 1]),
    hartmann(
      [
        [3, 10, 30],
        [0.1, 10, 35],
        [3, 10, 30],
        [0.1, 10, 35],
      ],
      [
        [3689, 1170, 2673],
        [4699, 4387, 7470],
        [1091, 8732, 5547],
        [381, 5743, 8828],
      ],
    ),
  ),
  ofNumbers(
    "hartmann 6",
    times(6, [0, 1]),
    hartmann(
      [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
      ],
      [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
      ],
    ),
  ),
  ofNumbers("griewank", times(3, [-600, 600]), (x) => {
    const own = x.map((each) => each - 100);
    const product = own.reduce((total, each, index) => total * Math.cos(each / Math.sqrt(index + 1)), 1);
    return sum(own.map((each) => each * each)) / 4000 - product + 1;
  }),
  {
    // A learning rate whose best value depends on the optimiser, and widths of which one is best.
    name: "categories",
    space: {
      dimensions: [
        optionsOf("/optimizer", ["sgd", "adam", "rmsprop"]),
        rangeOf("/lr", 1e-5, 1, "log"),
        optionsOf("/units", [4, 8, 16, 32, 64]),
      ],
    },
    valueAt(given) {
      const best = { sgd: -1, adam: -3, rmsprop: -3.5 }[given["/optimizer"] as string] ?? 0;
      const penalty = { sgd: 0.3, adam: 0, rmsprop: 0.1 }[given["/optimizer"] as string] ?? 0;
      return penalty + (Math.log10(given["/lr"] as number) - best) ** 2 + 0.2 * (Math.log2(given["/units"] as number) - 5) ** 2;
    },
  },
];
