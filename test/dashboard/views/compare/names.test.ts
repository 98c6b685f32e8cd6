import { describe, expect, it } from "vitest";
import { type Named, namesOf } from "../../../../src/dashboard/views/compare/names.ts";

const job = (id: string, name: string, spec: object): Named => ({ id: `job_${id}`, name, spec: spec as Named["spec"] });

describe("the names of compared jobs", () => {
  it("are their own where they differ", () => {
    expect(namesOf([job("1", "a", {}), undefined, job("2", "b", {})])).toEqual(["a", undefined, "b"]);
  });

  it("say what differs where they are the same", () => {
    const of = (lr: number) => ({ name: "moons", optimizer: { type: "adam", lr } });
    expect(namesOf([job("1", "moons", of(0.05)), job("2", "moons", of(0.01)), job("3", "b", of(1))])).toEqual([
      "moons (lr 0.05)",
      "moons (lr 0.01)",
      "b",
    ]);
  });

  it("end with their ids where nothing short differs, or not enough", () => {
    expect(namesOf([job("aaaaaa", "m", { seed: 1 }), job("bbbbbb", "m", { seed: 1 })])).toEqual(["m (aaaaaa)", "m (bbbbbb)"]);
    const three = [job("aaaaaa", "m", { seed: 1 }), job("bbbbbb", "m", { seed: 2 }), job("cccccc", "m", { seed: 2 })];
    expect(namesOf(three)).toEqual(["m (seed 1)", "m (bbbbbb)", "m (cccccc)"]);
  });
});
