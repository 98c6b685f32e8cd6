/** The trials of a sweep in columns: read from CSV, filtered, sorted, and inked. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parameterLabels } from "../../../../src/client/parameter-labels.ts";
import { brushBetween, matching, sharesOf, sorted } from "../../../../src/dashboard/views/sweeps/brushes.ts";
import { rowsOf } from "../../../../src/dashboard/views/sweeps/csv-rows.ts";
import { parameterAxis } from "../../../../src/dashboard/views/sweeps/plots/axes.ts";
import { createInk } from "../../../../src/dashboard/views/sweeps/plots/ink.ts";
import { createTrialColumns } from "../../../../src/dashboard/views/sweeps/trial-columns.ts";

const cellOf = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

describe("rows of a CSV", () => {
  it("are the cells that were written, whatever is in them", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ", "é", "<") });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
    fc.assert(
      fc.property(table, (rows) => {
        const text = rows.map((row) => `${row.map(cellOf).join(",")}\r\n`).join("");
        expect([...rowsOf(text)]).toEqual(rows);
      }),
    );
  });
});

const HEADING = ["number", "generation", "state", "value", "/lr", "/layers", "epochs", "seconds", "sha256", "reason"];

function filled() {
  const columns = createTrialColumns(6, {
    "/lr": { min: 0.001, max: 1, scale: "log", integer: false, step: null },
    "/layers": { choices: { small: [], "deep, wide": [] } },
  });
  const rows = [
    ["0", "0", "succeeded", "0.5", "0.01", "small", "5", "0.1", "ab", ""],
    ["1", "0", "failed", "", "0.1", "deep, wide", "1", "0.1", "", "became infinite"],
    ["3", "0", "pruned", "0.7", "1", "small", "2", "0.1", "cd", ""],
    ["4", "1", "succeeded", "0.2", "0.001", "", "5", "0.1", "ef", ""],
  ];
  for (const row of rows) columns.put(HEADING, row);
  columns.count();
  return columns;
}

describe("columns of trials", () => {
  it("know which trials there are, which may still change, and why one failed", () => {
    const columns = filled();
    expect([...columns.known]).toEqual([0, 1, 3, 4]);
    expect(columns.settled).toBe(1);
    expect(columns.stateOf(3)).toBe("pruned");
    expect(columns.stateOf(2)).toBeNull();
    expect(columns.reasonOf(1)).toBe("became infinite");
    expect([...(columns.parameters[1]?.values ?? [])].map((value) => (Number.isNaN(value) ? null : value))).toEqual([
      0,
      1,
      null,
      0,
      null,
      null,
    ]);
  });

  it("are filtered by every brush and the state; a trial in which a parameter is inactive is not within a brush of it", () => {
    const columns = filled();
    const axes = columns.parameters.map((column) => parameterAxis(column, "x"));
    const [lr, layers] = axes as [(typeof axes)[0], (typeof axes)[0]];
    const upper = brushBetween(lr, 0.3, 1)!;
    expect([...matching(columns, axes, { "/lr": upper }, null)]).toEqual([0, 1, 3]);
    expect([...matching(columns, axes, { "/lr": upper }, "failed")]).toEqual([1]);
    expect([...matching(columns, axes, { "/layers": brushBetween(layers, 0, 0.5)! }, null)]).toEqual([0, 3]);
    expect(brushBetween(lr, 0, 1)).toBeNull();
  });

  it("are sorted with those that have no value last, in both directions", () => {
    const columns = filled();
    expect([...sorted(columns.known, columns.values, false)]).toEqual([4, 0, 3, 1]);
    expect([...sorted(columns.known, columns.values, true)]).toEqual([3, 0, 4, 1]);
  });
});

describe("an axis", () => {
  it("gives back the shares of a brush, and has short names that differ", () => {
    const [column] = filled().parameters;
    const axis = parameterAxis(column!, "lr");
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 0.49, noNaN: true }),
        fc.double({ min: 0.5, max: 0.99, noNaN: true }),
        (from, to) => {
          const [low, high] = sharesOf(axis, brushBetween(axis, from, to)!);
          expect(low).toBeCloseTo(from, 9);
          expect(high).toBeCloseTo(to, 9);
        },
      ),
    );
    expect(
      parameterLabels(["/optimizer/lr", "/seed", "/data/generator/seed", "/model/layers/0/units", "/optimizer/betas/0"]),
    ).toEqual(["lr", "seed", "generator seed", "layers 0 units", "betas 0"]);
  });
});

describe("ink", () => {
  it("has the same amount for a line however steep, on every column, and never leaves its sheet", () => {
    const height = fc.double({ min: -20, max: 70, noNaN: true });
    fc.assert(
      fc.property(height, height, (from, to) => {
        const ink = createInk(40, 50);
        ink.line(-5, from, 60, to, 1);
        ink.dot(39, to, 2, 0.5);
        const pixels = new Uint8ClampedArray(40 * 50 * 4);
        ink.print(pixels, [[1, 2, 3]], 0.5, { from: 0, to: 50 });
        expect(pixels.length).toBe(8000);
      }),
    );
    const ink = createInk(10, 10);
    ink.line(0, 5, 10, 5, 0);
    const pixels = new Uint8ClampedArray(400);
    ink.print(pixels, [[9, 9, 9]], 0.5, { from: 0, to: 10 });
    const opaque = Array.from({ length: 10 }, (_, x) => [4, 5].map((y) => pixels[(y * 10 + x) * 4 + 3]).join());
    expect(new Set(opaque).size).toBe(1);
    expect(opaque[0]).not.toBe("0,0");
  });
});
