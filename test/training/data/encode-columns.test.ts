import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DATETIME_PARTS, type ValueColumn } from "../../../src/domain/datasets/preprocessing.ts";
import { columnEncoder } from "../../../src/training/data/encode-columns.ts";
import { encodeValue, layoutOf } from "../../../src/training/data/encoding.ts";

const LABELS = ["a", "b", "c", "d"];

const scaling = fc.option(fc.record({ offset: fc.double({ min: -100, max: 100 }), scale: fc.double({ min: 0.01, max: 100 }) }));

const numeric: fc.Arbitrary<ValueColumn> = fc.record({
  kind: fc.constant("numeric"),
  column: fc.constant("x"),
  integer: fc.boolean(),
  fill: fc.double({ min: -10, max: 10, noNaN: true }),
  indicator: fc.boolean(),
  scaling,
});

const datetime: fc.Arbitrary<ValueColumn> = fc.record({
  kind: fc.constant("datetime"),
  column: fc.constant("x"),
  fill: fc.integer({ min: -1e12, max: 2e12 }),
  indicator: fc.boolean(),
  parts: fc
    .subarray([...DATETIME_PARTS], { minLength: 1 })
    .chain((parts) =>
      fc.tuple(
        ...parts.map((part) => fc.tuple(scaling, fc.integer()).map(([fitted, latest]) => ({ part, scaling: fitted, latest }))),
      ),
    ),
});

const category: fc.Arbitrary<ValueColumn> = fc.subarray(LABELS).chain((categories) =>
  fc.record({
    kind: fc.constant("category"),
    column: fc.constant("x"),
    boolean: fc.constant(false),
    categories: fc.constant(categories),
    fill: fc.constantFrom(null, ...LABELS),
    encode: fc.constantFrom("one_hot", "ordinal", "embedding"),
    dimension: fc.constant(2),
  }),
);

/** Cells by kind, missing ones among them. */
const CELLS: Readonly<Record<ValueColumn["kind"], fc.Arbitrary<number>>> = {
  numeric: fc.oneof(fc.double(), fc.constant(Number.NaN)),
  // Before 1970, within one day of each other, and beyond what a date can be.
  datetime: fc.oneof(
    fc.integer({ min: -1e13, max: 1e13 }),
    fc.double({ min: -1e9, max: 1e9 }),
    fc.constantFrom(Number.NaN, 9e15, -9e15, 8.64e15, 0, -1, 86_399_999),
  ),
  category: fc.integer({ min: -1, max: LABELS.length - 1 }),
};

describe("columns as a whole", () => {
  it("are encoded to the bits that each of their cells is encoded to", () => {
    const cases = fc.oneof(numeric, datetime, category).chain((encoded) =>
      fc.record({
        encoded: fc.constant(encoded),
        cells: fc.array(CELLS[encoded.kind], { minLength: 1, maxLength: 40 }),
        order: fc.infiniteStream(fc.nat()),
      }),
    );
    fc.assert(
      fc.property(cases, ({ encoded, cells, order }) => {
        const values = encoded.kind === "category" ? Int32Array.from(cells) : Float64Array.from(cells);
        const rows = Int32Array.from({ length: cells.length }, () => (order.next().value as number) % cells.length);
        const places = encoded.kind === "category" ? LABELS.map((label) => encoded.categories.indexOf(label)) : null;
        const { width } = layoutOf([encoded]);
        const stride = width + 3;
        const whole = new Float32Array(rows.length * stride);
        const single = new Float32Array(rows.length * stride);
        const middle = rows.length >> 1;
        const encode = columnEncoder(encoded, values, places);
        encode(rows, 0, middle, whole, 2, stride);
        encode(rows, middle, rows.length, whole, 2, stride);
        rows.forEach((row, index) => {
          const value = values[row] as number;
          const cell = places ? (places[value] ?? Number.NaN) : value;
          encodeValue(encoded, cell, single, index * stride + 2);
        });
        expect(new Uint32Array(whole.buffer)).toEqual(new Uint32Array(single.buffer));
      }),
      { numRuns: 2000 },
    );
  });
});
