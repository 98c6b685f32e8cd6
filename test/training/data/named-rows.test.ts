import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { splitWithRows } from "../../../src/domain/jobs/named-rows.ts";
import { packTensors } from "../../../src/domain/tensor.ts";
import { loadData } from "../../../src/training/data/data.ts";
import { keepRowsApart } from "../../../src/training/data/named-rows.ts";
import { prepare } from "../train.ts";

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

it("a job has the same rows whether its spec lists them, as those of older servers do, or its payload", () => {
  const validation_rows = Array.from({ length: 1500 }, (_, index) => 2 * index);
  const data = { generator: { type: "moons", samples: 4000 } };
  const prepared = prepare({ data, model: { layers: [{ type: "linear" }] }, epochs: 1, split: { validation_rows } });
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  const { spec, classes, parameters, payload } = prepared;
  const partsOf = (split: typeof spec.split, tensors: typeof payload) => {
    const job = { id: "", spec: { ...spec, split }, classes, parameters, attempt: 1, epochsDone: 0 };
    return loadData({ job, payload: tensors, dataset: null, checkpoint: null }).parts;
  };
  expect(partsOf(spec.split, payload)).toEqual(partsOf({ validation_rows, test_rows: [] }, null));
});
