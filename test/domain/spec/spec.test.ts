import { describe, expect, it } from "vitest";
import { layer } from "../../../src/domain/spec/layers.ts";
import { loss } from "../../../src/domain/spec/optimization.ts";
import { fieldErrors } from "../../../src/domain/spec/spec-errors.ts";

const errorsOf = (schema: typeof layer | typeof loss, value: unknown) => {
  const result = schema.safeParse(value);
  return result.success ? [] : fieldErrors(result.error).map(({ pointer, detail }) => `${pointer} ${detail}`);
};
const linear = (weight: object) => ({ type: "linear", units: 1, init: { weight } });

describe("a spec", () => {
  it("has a uniform initialiser whose bounds are in order", () => {
    const wrong = ["/init/weight/b must be at least a"];
    expect(errorsOf(layer, linear({ type: "uniform", a: 0.5, b: -0.5 }))).toEqual(wrong);
    expect(errorsOf(layer, linear({ type: "uniform", a: 2 }))).toEqual(wrong);
    expect(errorsOf(layer, linear({ type: "uniform", a: -0.1, b: 0.1 }))).toEqual([]);
  });

  it("has class weights of which one is above 0", () => {
    expect(errorsOf(loss, { type: "cross_entropy", weight: [0, 0] }).join()).toContain("must have a weight above 0");
    expect(errorsOf(loss, { type: "cross_entropy", weight: [0, 1] })).toEqual([]);
  });
});
