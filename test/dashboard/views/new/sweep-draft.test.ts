/** Ranges in the form: how they are made, and what becomes of them when the spec changes around them. */
import { describe, expect, it } from "vitest";
import {
  afterChange,
  afterMove,
  asKind,
  canVary,
  draftOf,
  jobFaults,
  kindOf,
  RANGE_KINDS,
  rangeAround,
  rangePointer,
  rangesOf,
  requestOf,
  valuesOf,
  withRange,
} from "../../../../src/dashboard/views/new/sweep/sweep-draft.ts";

const SPEC = {
  split: { validation: 0.2 },
  optimizer: { type: "adam", lr: 0.01 },
  model: { layers: [{ type: "linear", units: 4 }, { type: "tanh" }, { type: "linear", units: 8 }] },
};
const UNITS = { values: [2, 4] };

describe("a range", () => {
  it("makes a sweep of a job, and none again when it is the last", () => {
    const sweep = withRange({ spec: SPEC, sweep: null }, "/optimizer/lr", rangeAround("/optimizer/lr", 0.01, false));
    expect(rangesOf(sweep)).toEqual({ "/optimizer/lr": { min: 0.001, max: 0.1, scale: "log" } });
    const body = requestOf({ spec: SPEC, sweep });
    expect(body.job).toBe(SPEC);
    expect(draftOf(body)).toEqual({ spec: SPEC, sweep });
    expect(withRange({ spec: SPEC, sweep }, "/optimizer/lr", null)).toBeNull();
    // Folds are a sweep by themselves.
    expect(withRange({ spec: SPEC, sweep: { ...sweep, folds: { count: 5 } } }, "/optimizer/lr", null)).not.toBeNull();
  });

  it("compares by the training loss where nothing is held out", () => {
    const { split: _, ...spec } = SPEC;
    expect(withRange({ spec, sweep: null }, "/epochs", UNITS)?.objective).toEqual({ metric: "loss" });
    expect(withRange({ spec: SPEC, sweep: null }, "/epochs", UNITS)?.objective).toBeUndefined();
  });

  it("goes with its layer when that moves, and with it when it is removed", () => {
    const sweep = withRange({ spec: SPEC, sweep: null }, "/model/layers/0/units", UNITS);
    const moved = afterMove({ spec: SPEC, sweep }, "/model/layers", [1, 0, 2]);
    expect(rangesOf(moved)).toEqual({ "/model/layers/1/units": UNITS });
    expect(rangesOf(afterMove({ spec: SPEC, sweep }, "/model/layers", [null, 0, 1, 2]))).toEqual({
      "/model/layers/1/units": UNITS,
    });
    expect(afterMove({ spec: SPEC, sweep }, "/model/layers", [1, 2])).toBeNull();
  });

  it("stays while there is a number below what was changed", () => {
    const sweep = withRange({ spec: SPEC, sweep: null }, "/optimizer/lr", UNITS);
    expect(afterChange({ spec: { ...SPEC, optimizer: { type: "sgd", lr: 0.1 } }, sweep }, "/optimizer")).toEqual(sweep);
    expect(afterChange({ spec: { ...SPEC, optimizer: { type: "sgd" } }, sweep }, "/optimizer")).toBeNull();
  });

  it.each(RANGE_KINDS.map(({ value }) => value))("is of the kind that it was made to be: %s", (kind) => {
    for (const from of [{ min: 0, max: 5 }, { min: 0.001, max: 0.1, scale: "log" }, { values: [3, 7, 9] }])
      expect(kindOf(asKind(from, kind))).toBe(kind);
  });

  it("around a share stays one, around a width is of whole numbers", () => {
    expect(rangeAround("/model/layers/1/p", 0.5, false)).toEqual({ min: 0.25, max: 0.95 });
    expect(rangeAround("/model/layers/0/units", 16, false)).toEqual({ min: 8, max: 32, integer: true });
    expect(rangeAround("/seed", undefined, true)).toEqual({ min: 0, max: 9, integer: true });
    expect(canVary("/checkpoint/every_epochs")).toBe(false);
  });

  it("of values is read as JSON where it is that", () => {
    expect(valuesOf("4, 0.5,, true, null, relu, [1")).toEqual([4, 0.5, true, null, "relu", "[1"]);
  });
});

it("errors of the job are those within it", () => {
  const faults = new Map([
    ["/job/epochs", "a"],
    [rangePointer("/optimizer/lr"), "b"],
  ]);
  expect([...jobFaults(faults)]).toEqual([["/epochs", "a"]]);
  expect(rangePointer("/optimizer/lr")).toBe("/parameters/~1optimizer~1lr");
});
