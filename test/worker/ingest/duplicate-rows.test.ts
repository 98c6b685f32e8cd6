import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findDuplicateRows } from "../../../src/worker/ingest/duplicate-rows.ts";

const value = fc.constantFrom(0, -0, 1, 2, -1.5, Number.NaN, 1e300);

describe("duplicate rows", () => {
  it("are those that a search by text finds, missing values and both zeros being equal", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value, fc.integer({ min: -1, max: 2 })), { minLength: 1, maxLength: 40 }),
        (rows) => {
          const columns = [0, 1].map((column) => Float64Array.from(rows, (row) => row[column] as number));
          const labels = Int32Array.from(rows, (row) => row[2]);
          const seen = new Map<string, number>();
          let count = 0;
          let first: object | null = null;
          rows.forEach((cells, row) => {
            const key = cells.map((cell) => String(cell + 0)).join();
            const of = seen.get(key);
            if (of === undefined) seen.set(key, row);
            else {
              count++;
              first ??= { row, of };
            }
          });
          expect(findDuplicateRows([...columns, labels], rows.length)).toEqual(first && { count, first });
        },
      ),
    );
  });

  it("are not looked for in a table without columns, nor in one of very many values", () => {
    expect(findDuplicateRows([], 3)).toBeNull();
    expect(findDuplicateRows([new Float64Array(2)], 30_000_000)).toBeNull();
  });
});
