/** A job starts from a model that another one made: what must be alike, and what it can take over. */
import { describe, expect, it } from "vitest";
import type { DatasetRows } from "../../../src/domain/datasets/dataset.ts";
import type { ReferredModel, TrainedModel } from "../../../src/domain/ports.ts";
import type { TensorSet } from "../../../src/domain/tensor.ts";
import { datasetOf } from "../dataset.ts";
import { prepare, train } from "../train.ts";

const ISLANDS = ["Biscoe", "Dream", "Torgersen"];

function table(islands: readonly string[], species: readonly string[], rows = 40): DatasetRows {
  const place = (row: number) => row % species.length;
  return datasetOf({
    bill: Array.from({ length: rows }, (_, row) => 30.5 + place(row) * 6 + ((row * 7) % 5)),
    island: Array.from({ length: rows }, (_, row) => islands[row % islands.length] as string),
    species: Array.from({ length: rows }, (_, row) => species[place(row)] as string),
    mass: Array.from({ length: rows }, (_, row) => 3.25 + row / 7),
  });
}

const job = (rest: object = {}, source: object = {}) => ({
  data: { dataset: { id: "ds_1", target: "species", features: ["bill", "island"], ...source } },
  model: { layers: [{ type: "linear" }] },
  loss: { type: "cross_entropy" },
  epochs: 3,
  split: null,
  ...rest,
});

function trained(spec: object, dataset: DatasetRows, model: ReferredModel | null = null) {
  const { result } = train(spec, { dataset, model });
  if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
  return result;
}

const stored = ({ model, weights }: { model: TrainedModel; weights: TensorSet }): ReferredModel => ({
  id: "mdl_1",
  sha256: model.sha256,
  weights,
  preprocessing: model.preprocessing,
  classes: model.classes,
});

const first = trained(job(), table(ISLANDS, ["Adelie", "Chinstrap", "Gentoo"]));
const from = { init_from: { model: "first" } };

function errorsOf(spec: object, dataset: DatasetRows, model = stored(first)): string[] {
  const prepared = prepare(spec, {}, dataset, model);
  return prepared.ok ? [] : prepared.errors.map(({ pointer, detail }) => `${pointer} ${detail}`);
}

describe("a job that starts from a model", () => {
  const same = table(ISLANDS, ["Adelie", "Chinstrap", "Gentoo"], 50);

  it("is taken where its columns, categories and classes are the model's", () => {
    expect(errorsOf(job(from), same)).toEqual([]);
  });

  it.each([
    [
      "other columns",
      job(from, { features: ["mass", "island"] }),
      same,
      /\/init_from\/model takes the columns bill, island; this job has mass, island/,
    ],
    [
      "the same columns in another order",
      job(from, { features: ["island", "bill"] }),
      same,
      /takes the columns bill, island; this job has island, bill: name them in data.dataset.features, in this order/,
    ],
    [
      "as many other categories",
      job(from),
      table(["Biscoe", "Dream", "Elephant"], ["Adelie", "Chinstrap", "Gentoo"]),
      /has the categories Biscoe, Dream, Torgersen of island; this job has Biscoe, Dream, Elephant: keep .*from_model/,
    ],
    [
      "as many other classes",
      job(from),
      table(ISLANDS, ["Adelie", "Emperor", "Gentoo"]),
      /has the classes Adelie, Chinstrap, Gentoo; this job has Adelie, Emperor, Gentoo$/,
    ],
    [
      "another encoding",
      job({ ...from, preprocess: { category: { encode: "ordinal" } } }),
      same,
      /takes island encoded as one_hot; this job encodes it as ordinal/,
    ],
  ] as const)("is refused for %s, naming what differs", (_, spec, dataset, detail) => {
    expect(errorsOf(spec, dataset).join("\n")).toMatch(detail);
  });

  it("may bring classes of its own where the model's have no names", () => {
    expect(errorsOf(job(from), same, { ...stored(first), classes: ["0", "1", "2"] })).toEqual([]);
  });
});

describe("a job that keeps the preprocessing of its model", () => {
  const kept = (source: object = { features: undefined }) => job({ ...from, preprocess: "from_model" }, source);

  it("takes the model's columns, scaling, categories and classes, on rows that have others", () => {
    const other = table(["Dream", "Elephant"], ["Adelie", "Gentoo"], 30);
    const { model } = trained({ ...kept(), optimizer: { type: "sgd", lr: 0 } }, other, stored(first));
    expect(model.preprocessing).toEqual({ ...first.model.preprocessing, ignored: ["mass"] });
    expect(model.classes).toEqual(["Adelie", "Chinstrap", "Gentoo"]);
    expect(model.sha256).toBe(first.model.sha256);
  });

  it("keeps it in its resolved spec, whatever becomes of the model", () => {
    const prepared = prepare(kept(), {}, table(ISLANDS, ["Adelie", "Gentoo"]), stored(first));
    const { columns, targets } = first.model.preprocessing as NonNullable<TrainedModel["preprocessing"]>;
    expect(prepared.ok && prepared.spec.preprocess).toEqual({ fitted: { columns, targets } });
  });

  it("keeps the scale of a regression's target", () => {
    const regression = (rest: object) =>
      job({ loss: { type: "mse" }, ...rest }, { target: "mass", features: ["bill", "island"] });
    const before = trained(regression({}), table(ISLANDS, ["Adelie", "Gentoo"]));
    const after = trained(
      regression({ ...from, preprocess: "from_model" }),
      table(ISLANDS, ["Adelie", "Gentoo"], 20),
      stored(before),
    );
    expect(after.model.preprocessing?.targets).toEqual(before.model.preprocessing?.targets);
  });

  it.each([
    ["without a model", { ...job({ preprocess: "from_model" }) }, /\/preprocess from_model needs a stored model/],
    ["with a class that the model does not know", kept(), /has the classes .*; this job has Adelie, Emperor$/],
    ["with other features", kept({ features: ["mass"] }), /takes the columns bill, island; this job has mass/],
  ])("is refused %s", (_, spec, detail) => {
    expect(errorsOf(spec, table(ISLANDS, ["Adelie", "Emperor"])).join("\n")).toMatch(detail);
  });

  it("is refused for a column of another type, and for a model that has none to keep", () => {
    const numbers = datasetOf({
      bill: ["a", "b", "a", "b"],
      island: ["Dream", "Biscoe", "Dream", "Biscoe"],
      species: ["Adelie", "Gentoo", "Adelie", "Gentoo"],
    });
    expect(errorsOf(kept(), numbers).join()).toContain("/preprocess the model takes bill as a column of another type");
    const bare = { ...stored(first), preprocessing: null };
    expect(errorsOf(kept(), table(ISLANDS, ["Adelie", "Gentoo"]), bare).join()).toContain("has no preprocessing to keep");
  });
});
