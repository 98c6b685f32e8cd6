/** Columns that a job leaves out of all others. */
import { describe, expect, it } from "vitest";
import { datasetOf } from "../dataset.ts";
import { prepare } from "../train.ts";

const ROWS = 60;
const numbers = (factor: number) => Array.from({ length: ROWS }, (_, row) => ((row * factor) % 41) + 0.5);
const TABLE = datasetOf({
  size: numbers(7),
  age: numbers(11),
  price: numbers(13),
  shop: Array.from({ length: ROWS }, (_, row) => `s${row % 4}`),
  sold: Array.from({ length: ROWS }, (_, row) => (row % 3 ? "yes" : "no")),
});
const NETWORK = { model: { layers: [{ type: "linear" }] }, epochs: 1 };

const prepared = (dataset: object, more: object = NETWORK) =>
  prepare({ data: { dataset: { id: "ds_x", target: "sold", ...dataset } }, ...more }, {}, TABLE);

function featuresOf(dataset: object, more?: object): readonly string[] {
  const job = prepared(dataset, more);
  if (!job.ok || !("dataset" in job.spec.data)) throw new Error(JSON.stringify(job));
  expect(Object.keys(job.spec.data.dataset)).not.toContain("exclude");
  return job.spec.data.dataset.features;
}

describe("excluded columns", () => {
  it("are no features, of a network or of a search", () => {
    expect(featuresOf({})).toEqual(["size", "age", "price", "shop"]);
    expect(featuresOf({ exclude: ["price"] })).toEqual(["size", "age", "shop"]);
    expect(featuresOf({ exclude: ["price", "shop"] }, {})).toEqual(["size", "age"]);
    expect(featuresOf({ exclude: ["shop"] }, { ...NETWORK, split: { group: "shop", validation: 0.25 } })).toEqual([
      ...["size", "age", "price"],
    ]);
  });

  it.each([
    [
      { exclude: ["prize"] },
      "/data/dataset/exclude/0",
      /there is no column prize: did you mean price\? the data set has size, age/,
    ],
    [{ exclude: ["x"] }, "/data/dataset/exclude/0", /^there is no column x: the data set has size, age/],
    [{ exclude: ["age", "sold"] }, "/data/dataset/exclude/1", /sold is the target, which is never a feature/],
    [{ exclude: ["age"], features: ["size"] }, "/data/dataset/exclude", /leave one of the two out/],
    [{ exclude: ["size", "age", "price", "shop"] }, "/data/dataset/features", /there is no column to learn from/],
    [{ exclude: [] }, "/data/dataset/exclude", /./],
  ])("are refused where they make no sense: %o", (dataset, pointer, detail) => {
    const job = prepared(dataset);
    expect(job.ok ? [] : job.errors).toEqual([{ pointer, detail: expect.stringMatching(detail) }]);
  });
});
