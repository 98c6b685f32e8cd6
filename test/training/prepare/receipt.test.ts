import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ENGINE_VERSION } from "../../../src/engine/index.ts";
import { prepare, train } from "../train.ts";

const hash = (text: string) => createHash("sha256").update(text).digest("hex");

function receiptOf(spec: object) {
  const { result } = train(spec);
  if (result.state !== "succeeded") throw new Error(result.state);
  return result.model.receipt;
}

describe("a receipt", () => {
  const layers = [{ type: "linear" }, { type: "sigmoid" }];
  const moons = { data: { generator: { type: "moons", samples: 20, seed: 5 } }, model: { layers }, epochs: 2 };

  it("has the hash of the resolved spec in canonical JSON, whatever order the request had", () => {
    const reordered = { epochs: 2, model: { layers }, data: { generator: { seed: 5, type: "moons", samples: 20 } } };
    expect(receiptOf(reordered)).toEqual(receiptOf(moons));
    const prepared = prepare(moons);
    const sorted = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(sorted)
        : typeof value === "object" && value !== null
          ? Object.fromEntries(
              Object.keys(value)
                .sort()
                .map((key) => [key, sorted((value as Record<string, unknown>)[key])]),
            )
          : value;
    // What a reader of GET /v1/jobs/{id} can do: members that are undefined are not there.
    const shown = prepared.ok && JSON.parse(JSON.stringify(prepared.spec));
    expect(receiptOf(moons)).toEqual({
      data: { source: "generator", sha256: hash('{"noise":0.1,"samples":20,"seed":5,"type":"moons"}') },
      specSha256: hash(JSON.stringify(sorted(shown))),
      engineVersion: ENGINE_VERSION,
    });
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
