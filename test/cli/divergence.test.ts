import { expect, it } from "vitest";
import { divergenceLines } from "../../src/cli/follow.ts";
import { createTerminal, visibleLength } from "../../src/cli/terminal.ts";

const terminal = createTerminal({ columns: 80, write: () => true } as unknown as NodeJS.WriteStream, {});

it("a divergence is what went wrong first, its values and rows, and the rates that were tried, in 80 columns", () => {
  const lines = divergenceLines(
    {
      code: "diverged",
      detail: "the loss of epoch 13 is Infinity",
      epoch: 13,
      divergence: {
        first: {
          ...{ operation: "mul", part: "gradient", layer: "1.layers.0", parameter: null, type: "linear", kind: "overflow" },
          ...{ epoch: 13, step: 123_456, elements: 2, rows: [0, 7, 11, 12, 13], operands: [1.2345678e20, 3.456789e20] },
          ...{ result: "Infinity", float64: 4.2676e40 },
        },
        learning_rate: { tried: [0.15, 0.05, 0.015], survives: 0.015, from_epoch: 0, to_epoch: 1000 },
      },
    },
    terminal,
  );
  expect(lines).toEqual([
    "  first   mul in the gradient of layer 1.layers.0 (linear)",
    "  when    step 123456, in epoch 13",
    "  values  mul(1.23e+20, 3.46e+20) = Infinity; in float64 4.27e+40",
    "  rows    1, 8, 12, 13, 14 (counted from 1); 2 numbers are not finite",
    "  rates   0.015 survives epochs 1 to 1000; 0.15, 0.05 did not",
  ]);
  expect(Math.max(...lines.map(visibleLength))).toBeLessThanOrEqual(80);
});

it("an error of another kind has no such lines", () => {
  expect(divergenceLines({ code: "timeout", detail: "", epoch: 1 }, terminal)).toEqual([]);
});
