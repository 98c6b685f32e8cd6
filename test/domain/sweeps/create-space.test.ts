import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJobSpec } from "../../../src/domain/spec/spec.ts";
import { createSpace } from "../../../src/domain/sweeps/create-space.ts";
import { applyParameters, type Space } from "../../../src/domain/sweeps/parameter-space.ts";
import { parseSweepSpec, type SweepSpec } from "../../../src/domain/sweeps/sweep-spec.ts";

const job = {
  data: { generator: { type: "moons" } },
  model: { layers: [{ type: "linear", units: 4 }, "tanh", "linear"] },
  optimizer: "adam",
};

function parsed(parameters: object, more: object = {}): SweepSpec {
  const result = parseSweepSpec({ job, parameters, ...more });
  if ("errors" in result) throw new Error(JSON.stringify(result.errors));
  return result.spec;
}

function spaceOf(parameters: object, more: object = {}): { spec: SweepSpec; space: Space } {
  const spec = parsed(parameters, more);
  const result = createSpace(spec);
  if ("errors" in result) throw new Error(JSON.stringify(result.errors));
  return { spec, space: result.space };
}

function faultsOf(parameters: object, more: object = {}): [string, string][] {
  const result = createSpace(parsed(parameters, more));
  return "errors" in result ? result.errors.map(({ pointer, detail }) => [pointer, detail]) : [];
}

describe("the spec of a sweep", () => {
  it("has a default for everything but the job and what is varied", () => {
    const { method, objective, folds, trials, max_seconds, seed, promote } = parsed({ "/optimizer/lr": { min: 0, max: 1 } });
    expect({ method, objective, folds, trials, max_seconds, seed, promote }).toEqual({
      method: { type: "tpe", startup_trials: 10, candidates: 24, gamma: 0.1, prior_weight: 1, generation: null },
      objective: { metric: "val_loss", goal: null },
      folds: null,
      trials: undefined,
      max_seconds: null,
      seed: 0,
      promote: "best",
    });
  });

  it("takes a type for its object, as a job does", () => {
    expect(parsed({ "/seed": { min: 0, max: 9, integer: true } }, { method: "random" }).method).toEqual({ type: "random" });
  });

  it.each([
    [{ job }, "/parameters", "must name what to vary, unless there are folds"],
    [{ job, folds: {}, trials: 2 }, "/trials", "must be 1 without parameters: all trials would be the same"],
    [{ job: { ...job, epochs: 0 }, folds: {} }, "/job/epochs", "must be at least 1"],
    [{ job, folds: { group: "a", time: "b" } }, "/folds/time", "cannot be combined with group: use one of them"],
    [{ job, folds: { count: 100, repeats: 6 } }, "/folds/repeats", expect.stringContaining("limit of 500 trainings")],
    [{ job, folds: { group: "a", repeats: 2 } }, "/folds/repeats", expect.stringContaining("must be 1 with group")],
    [{ job, parameters: { "/seed": { min: 2, max: 1 } } }, "/parameters/~1seed/max", "must be at least min (2)"],
    [
      { job, parameters: { "/a": { min: 0, max: 1, scale: "log" } } },
      "/parameters/~1a/min",
      expect.stringContaining("above 0"),
    ],
    [
      { job, parameters: { "/a": { min: 0.5, max: 1, integer: true } } },
      "/parameters/~1a/min",
      expect.stringContaining("whole number"),
    ],
    [{ job, parameters: { "/a": { values: [1, 1] } } }, "/parameters/~1a/values/1", "is listed twice"],
    [{ job, parameters: { "/a": { values: [1], step: 1 } } }, "/parameters/~1a/step", expect.stringContaining("not")],
    [{ job, folds: {}, trails: 3 }, "/trails", expect.stringContaining("is not a field here")],
  ])("is refused at the place of what is wrong: %#", (json, pointer, detail) => {
    expect(parseSweepSpec(json)).toMatchObject({ errors: expect.arrayContaining([{ pointer, detail }]) });
  });
});

describe("the space of a sweep", () => {
  it.each([
    [{ "/optimizer/lr": { min: -1, max: 1 } }, "/parameters/~1optimizer~1lr/min", "must be at least 0"],
    [{ "/optimizer/lr": { min: 0, max: 1e9 } }, "/parameters/~1optimizer~1lr/max", "must be at most 1000000"],
    [{ "/optimizer/foo": { min: 0, max: 1 } }, "/parameters/~1optimizer~1foo", expect.stringContaining("is not a field here")],
    [
      { "/model/layers/7/units": { min: 4, max: 16, integer: true } },
      "/parameters/~1model~1layers~17~1units",
      expect.stringContaining("/model/layers/7"),
    ],
    [
      { "/split/validation": { min: 0, max: 0.5 } },
      "/parameters/~1split~1validation",
      "the job spec has no /split: add it there first",
    ],
    [
      { "/scheduler/gamma": { min: 0, max: 0.5 } },
      "/parameters/~1scheduler~1gamma",
      expect.stringContaining("no /scheduler with fields"),
    ],
    [{ "/epochs": { values: [10, 0] } }, "/parameters/~1epochs/values/1", "must be at least 1"],
    [
      { "/model/layers/0/units": { min: 4, max: 16 } },
      "/parameters/~1model~1layers~10~1units/integer",
      expect.stringContaining("set integer to true"),
    ],
    [
      { "/model/layers": { choices: { a: ["linear"], b: [{ type: "linear", units: 0 }] } } },
      "/parameters/~1model~1layers/choices/b/0/units",
      "must be at least 1",
    ],
    [
      { "/optimizer": { choices: { s: "sgd" } }, "/optimizer/betas/0": { min: 0, max: 0.9 } },
      "/parameters/~1optimizer~1betas~10",
      expect.stringContaining("none of the values of /optimizer"),
    ],
    [{ "/priority": { values: [1] } }, "/parameters/~1priority", expect.stringContaining("does not change what is computed")],
    [{ "": { values: [1] } }, "/parameters/", expect.stringContaining("whole job spec")],
    [{ "optimizer/lr": { values: [1] } }, "/parameters/optimizer~1lr", expect.stringContaining("is not a JSON pointer")],
    [{ "/__proto__/x": { values: [1] } }, "/parameters/~1__proto__~1x", expect.stringContaining("is not a JSON pointer")],
    [
      { "/optimizer/constructor": { values: [1, 2] } },
      "/parameters/~1optimizer~1constructor",
      expect.stringContaining("is not a field here"),
    ],
  ])("is refused at the place of what does not fit: %#", (parameters, pointer, detail) => {
    expect(faultsOf(parameters)).toContainEqual([pointer, detail]);
  });

  it("has no epochs where halving decides about them", () => {
    const parameters = { "/epochs": { values: [10, 20] } };
    expect(faultsOf(parameters)).toEqual([]);
    expect(faultsOf(parameters, { method: "halving" })).toMatchObject([
      ["/parameters/~1epochs", expect.stringContaining("halving")],
    ]);
  });

  it("lets no parameter into rows that came with the request", () => {
    const inline = { ...job, data: { inline: { features: [[1], [2]], targets: [0, 1] } } };
    const parameters = { "/data/inline/targets/0": { values: [0, 1] } };
    expect(faultsOf(parameters, { job: inline })).toMatchObject([
      [expect.any(String), expect.stringContaining("cannot be varied")],
    ]);
    expect(faultsOf({ "/optimizer/lr": { min: 0, max: 1 } }, { job: inline })).toEqual([]);
  });

  it("has a parameter below choices where the chosen part has its field, written or by default", () => {
    const { space } = spaceOf({
      "/optimizer/momentum": { min: 0, max: 0.9 },
      "/optimizer": { choices: { plain: "sgd", own: { type: "adam", lr: 0.1 } } },
      "/optimizer/lr": { min: 1e-4, max: 1, scale: "log" },
      "/optimizer/betas/0": { min: 0.5, max: 0.95 },
      "/model/layers": { choices: { small: ["linear"], deep: [{ type: "linear", units: 8 }, "relu", "linear"] } },
      "/model/layers/0/units": { values: [4, 8] },
    });
    const conditions = Object.fromEntries(
      space.dimensions.map(({ pointer, condition }) => [pointer, condition?.values ?? null]),
    );
    expect(conditions).toEqual({
      "/optimizer": null,
      "/optimizer/momentum": ["plain"],
      "/optimizer/lr": ["plain", "own"],
      "/optimizer/betas/0": ["own"],
      "/model/layers": null,
      "/model/layers/0/units": ["deep"],
    });
    expect(space.dimensions[0]?.pointer).toBe("/optimizer");
  });

  it("gives each trial its job spec, and leaves the sweep's as it is", () => {
    const { spec, space } = spaceOf({
      "/optimizer": { values: ["sgd", "adam"] },
      "/optimizer/betas/1": { values: [0.9, 0.99] },
      "/optimizer/lr": { min: 0.1, max: 1 },
    });
    const before = JSON.stringify(spec.job);
    const json = applyParameters(spec.job, space, { "/optimizer": "adam", "/optimizer/betas/1": 0.99, "/optimizer/lr": 0.5 });
    expect(json).toMatchObject({ optimizer: { type: "adam", lr: 0.5, betas: [0.9, 0.99] } });
    expect(applyParameters(spec.job, space, { "/optimizer": "sgd", "/optimizer/lr": 0.5 })).toMatchObject({
      optimizer: { type: "sgd", lr: 0.5, momentum: 0 },
    });
    expect(JSON.stringify(spec.job)).toBe(before);
    expect((json as { model: unknown }).model).toBe(spec.job.model);
  });

  it("is made or refused at a place of the request, whatever is asked for; its values fit the job spec", () => {
    const key = fc.constantFrom(
      "optimizer",
      "lr",
      "betas",
      "0",
      "1",
      "-",
      "model",
      "layers",
      "units",
      "type",
      "loss",
      "split",
      "",
      "x~y",
      "a/b",
      "constructor",
    );
    const pointer = fc
      .array(key, { maxLength: 4 })
      .map((keys) => keys.map((each) => `/${each.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""));
    const number = fc.oneof(fc.integer({ min: -2, max: 70 }), fc.double({ min: -1, max: 2, noNaN: true }));
    const value = fc.oneof(number, fc.boolean(), fc.constant(null), fc.constantFrom("adam", "sgd", "mse", "relu", "x"));
    const part = fc.oneof(
      value,
      fc.json({ maxDepth: 2 }).map((json) => JSON.parse(json) as unknown),
      fc.constant(["linear"]),
    );
    const given = fc.oneof(
      fc.record({ min: number, max: number, integer: fc.boolean() }),
      fc.record({ values: fc.uniqueArray(value, { minLength: 1, maxLength: 4 }) }),
      fc.record({ choices: fc.dictionary(fc.constantFrom("a", "b", "c"), part, { minKeys: 1 }) }),
    );
    fc.assert(
      fc.property(fc.dictionary(pointer, given, { maxKeys: 5 }), (parameters) => {
        const read = parseSweepSpec({ job, parameters, folds: {} });
        if ("errors" in read) return;
        const made = createSpace(read.spec);
        if ("errors" in made) {
          for (const { pointer: place } of made.errors) expect(place).toMatch(/^\/parameters\//);
          return;
        }
        // Each parameter fits alone, with the first values of those that it stands below.
        for (const dimension of made.space.dimensions) {
          const chosen: Record<string, string | number | boolean | null> = {};
          for (
            let upper = dimension.condition;
            upper;
            upper = made.space.dimensions.find((each) => each.pointer === upper?.pointer)?.condition ?? null
          )
            chosen[upper.pointer] = upper.values[0] ?? null;
          for (const each of dimension.kind === "range"
            ? [dimension.range.min, dimension.range.max]
            : dimension.options.map((option) => option.value)) {
            const json = applyParameters(read.spec.job, made.space, { ...chosen, [dimension.pointer]: each });
            expect(parseJobSpec(json)).toHaveProperty("spec");
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("is checked in time that is bounded", () => {
    const names = Array.from({ length: 256 }, (_, index) => [`c${index}`, { type: "sgd", lr: index / 256 }]);
    const parameters = {
      "/optimizer": { choices: Object.fromEntries(names) },
      "/optimizer/momentum": { values: Array.from({ length: 256 }, (_, index) => index / 256) },
    };
    expect(faultsOf(parameters)).toMatchObject([
      ["/parameters/~1optimizer~1momentum", expect.stringContaining("more than 4096 values")],
    ]);
  });
});
