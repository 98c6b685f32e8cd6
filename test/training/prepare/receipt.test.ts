import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { DatasetRows } from "../../../src/domain/datasets/dataset.ts";
import { ENGINE_VERSION } from "../../../src/engine/index.ts";
import { datasetOf } from "../dataset.ts";
import { prepare, train } from "../train.ts";

const hash = (text: string) => createHash("sha256").update(text).digest("hex");

/** RFC 8785 once more, written apart from what is tested: members in the order of their names as UTF-16. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = value as Record<string, unknown>;
  const names = Object.keys(members).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(members[name])}`).join(",")}}`;
}

/** The resolved spec as a reader of `GET /v1/jobs/{id}` has it: undefined members are not there. */
function shownSpec(spec: object, dataset: DatasetRows | null = null): unknown {
  const prepared = prepare(spec, {}, dataset);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  return JSON.parse(JSON.stringify(prepared.spec));
}

function receiptOf(spec: object, dataset: DatasetRows | null = null) {
  const { result } = train(spec, { dataset });
  if (result.state !== "succeeded") throw new Error(result.state);
  return result.model.receipt;
}

describe("a receipt", () => {
  const layers = [{ type: "linear" }, { type: "sigmoid" }];
  const moons = { data: { generator: { type: "moons", samples: 20, seed: 5 } }, model: { layers }, epochs: 2 };

  it("has the hash of the resolved spec in canonical JSON, whatever order the request had", () => {
    const reordered = { epochs: 2, model: { layers }, data: { generator: { seed: 5, type: "moons", samples: 20 } } };
    expect(receiptOf(reordered)).toEqual(receiptOf(moons));
    expect(receiptOf(moons)).toEqual({
      data: { source: "generator", sha256: hash('{"noise":0.1,"samples":20,"seed":5,"type":"moons"}') },
      specSha256: hash(canonical(shownSpec(moons))),
      engineVersion: ENGINE_VERSION,
    });
  });

  it("has that hash where names look like numbers, which JavaScript puts first and in another order", () => {
    const dataset = datasetOf({ "9": ["a", "b", "a"], "10": ["c", "d", "d"], "1.5": [1, 2, 3], "-1": [0, 1, 1] });
    const spec = {
      data: { dataset: { id: "ds_1", target: "-1" } },
      model: { layers: [{ type: "linear" }] },
      preprocess: { columns: { "1.5": { scale: "none" }, "9": { encode: "ordinal" }, "10": { encode: "one_hot" } } },
      epochs: 1,
    };
    const text = canonical(shownSpec(spec, dataset));
    expect(text).toMatch(/"columns":\{"1\.5":.*"10":.*"9":/);
    expect(receiptOf(spec, dataset).specSha256).toBe(hash(text));
  });

  it("keeps the hashes that earlier versions gave", () => {
    expect(receiptOf({ ...moons, name: "kept" })).toEqual({
      data: { source: "generator", sha256: "28192400bb8c8e853322238e3ac3f89e20eef68b7aa39c4f5028a0cc621eccdb" },
      specSha256: "5d45060d8a663ed8e30d706035f819676df387eb6320b9d7c244c4f48c4ec7fe",
      engineVersion: ENGINE_VERSION,
    });
  });

  it("has no hash of a spec whose text is not valid Unicode", () => {
    expect(receiptOf({ ...moons, name: "half \ud83d" }).specSha256).toBeNull();
    const spec = { ...moons, name: "whole \ud83d\ude80, and \\ud83d in letters" };
    expect(receiptOf(spec).specSha256).toBe(hash(canonical(shownSpec(spec))));
  });

  it("changes with anything that the bits depend on", () => {
    const other = (more: object) => receiptOf({ ...moons, ...more }).specSha256;
    const hashes = [other({}), other({ seed: 1 }), other({ epochs: 3 }), other({ optimizer: { type: "sgd", lr: 0.1 } })];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("has the hash of inline rows, and that of given weights in the spec", () => {
    const rows = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    const inline = (features: number[][], bias = 0) => ({
      ...moons,
      data: { inline: { features, targets: [0, 1, 1] } },
      init_from: { state_dict: { "0.weight": { shape: [1, 2], data: [1, 2] }, "0.bias": { shape: [1], data: [bias] } } },
    });
    const values = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6, 0, 1, 1).buffer);
    expect(receiptOf(inline(rows)).data).toEqual({
      source: "inline",
      sha256: createHash("sha256").update(values).digest("hex"),
    });
    expect(receiptOf(inline(rows, 1)).data).toEqual(receiptOf(inline(rows)).data);
    expect(receiptOf(inline(rows, 1)).specSha256).not.toBe(receiptOf(inline(rows)).specSha256);
  });
});
