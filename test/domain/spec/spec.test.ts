import { describe, expect, it } from "vitest";
import { initialiser } from "../../../src/domain/spec/layers.ts";
import { loss } from "../../../src/domain/spec/optimization.ts";

const detailOf = (schema: typeof initialiser | typeof loss, value: unknown) => {
  const result = schema.safeParse(value);
  return result.success ? null : result.error.issues.map(({ path, message }) => `/${path.join("/")} ${message}`);
};

describe("a spec", () => {
  it("has a uniform initialiser whose bounds are in order", () => {
    expect(detailOf(initialiser, { type: "uniform", a: 0.5, b: -0.5 })).toEqual(["/b must be at least a"]);
    expect(detailOf(initialiser, { type: "uniform", a: 2 })).toEqual(["/b must be at least a"]);
    expect(detailOf(initialiser, { type: "uniform", a: -0.1, b: 0.1 })).toBeNull();
  });

  it("has class weights of which one is above 0", () => {
    expect(detailOf(loss, { type: "cross_entropy", weight: [0, 0] })?.join()).toContain("must have a weight above 0");
    expect(detailOf(loss, { type: "cross_entropy", weight: [0, 1] })).toBeNull();
  });
});
