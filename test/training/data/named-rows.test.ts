import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { splitWithRows } from "../../../src/domain/jobs/named-rows.ts";
import { packTensors } from "../../../src/domain/tensor.ts";
import { keepRowsApart } from "../../../src/training/data/named-rows.ts";

it("many rows of a split are summarised, and come back to the last bit, however great their numbers are", () => {
  const rows = Array.from({ length: 1001 }, (_, index) => 99_999_999 - 7 * index);
  const split = { validation_rows: rows, test_rows: [5, 5] };
  const { split: kept, tensors } = keepRowsApart(split);
  const sha256 = createHash("sha256")
    .update(Buffer.from(Int32Array.from(rows).buffer))
    .digest("hex");
  expect(kept).toEqual({ validation_rows: { rows: 1001, sha256 }, test_rows: [5, 5] });
  expect(splitWithRows(kept, packTensors(tensors))).toEqual(split);
  expect(() => splitWithRows(kept, null)).toThrow("the payload has no split.validation_rows");
});

it("a few rows are listed, and other splits are as they are", () => {
  for (const split of [null, { validation: 0.2, test: 0 }, { validation_rows: [1, 2], test_rows: [] }]) {
    expect(keepRowsApart(split)).toEqual({ split, tensors: [] });
    expect(splitWithRows(split, null)).toEqual(split);
  }
});
