import { describe, expect, it } from "vitest";
import { comparedIds, MAX_COMPARED } from "../../../../src/dashboard/jobs/comparison-address.ts";
import { specLines } from "../../../../src/dashboard/views/compare/spec-differences.ts";

describe("the differences of specs", () => {
  it("are leaves with their pointers, in order, and what each spec has there", () => {
    const lines = specLines([
      { name: "a", optimizer: { type: "adam", betas: [0.9, 0.999] }, split: null, metrics: [] },
      { name: "b", optimizer: { type: "sgd" }, split: null, metrics: [], "odd/name": 1 },
    ]);
    expect(lines).toEqual([
      { pointer: "/name", values: ["a", "b"], differs: true },
      { pointer: "/optimizer/type", values: ["adam", "sgd"], differs: true },
      { pointer: "/optimizer/betas/0", values: [0.9, undefined], differs: true },
      { pointer: "/optimizer/betas/1", values: [0.999, undefined], differs: true },
      { pointer: "/split", values: [null, null], differs: false },
      { pointer: "/metrics", values: ["[]", "[]"], differs: false },
      { pointer: "/odd~1name", values: [undefined, 1], differs: true },
    ]);
  });
});

describe("the address of a comparison", () => {
  it("names each job once, and no more than can be told apart", () => {
    expect(comparedIds(new URLSearchParams("jobs=a,b,a,,c"))).toEqual(["a", "b", "c"]);
    expect(comparedIds(new URLSearchParams())).toEqual([]);
    const many = Array.from({ length: 20 }, (_, index) => `job_${index}`).join();
    expect(comparedIds(new URLSearchParams({ jobs: many }))).toHaveLength(MAX_COMPARED);
  });
});
