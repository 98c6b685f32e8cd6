/** Alternatives of a list of layers: kept, named, removed. */
import { describe, expect, it } from "vitest";
import {
  choicesOf,
  isKept,
  renamed,
  summaryOf,
  withAlternative,
  withoutAlternative,
} from "../../../../src/dashboard/views/new/sweep/alternatives.ts";

const SMALL = [{ type: "linear" }];
const DEEP = [{ type: "linear", units: 8 }, "tanh", { type: "linear" }];

describe("alternatives", () => {
  it("get names that are free", () => {
    const one = withAlternative({}, SMALL);
    const two = withAlternative(one, DEEP);
    expect(two).toEqual({ "network 1": SMALL, "network 2": DEEP });
    expect(withAlternative({ "network 2": DEEP }, SMALL)).toEqual({ "network 2": DEEP, "network 3": SMALL });
  });

  it("are renamed in their place, and keep their names where the new one is empty or taken", () => {
    const choices = { a: SMALL, b: DEEP };
    expect(Object.keys(renamed(choices, "a", "small"))).toEqual(["small", "b"]);
    expect(renamed(choices, "a", "b")).toBe(choices);
    expect(renamed(choices, "a", "")).toBe(choices);
  });

  it("are none when the last is removed", () => {
    expect(withoutAlternative({ a: SMALL, b: DEEP }, "a")).toEqual({ b: DEEP });
    expect(withoutAlternative({ a: SMALL }, "a")).toBeNull();
  });

  it("are told from ranges, compared as they are written, and read in a line", () => {
    expect(choicesOf({ values: [1] })).toEqual({});
    expect(choicesOf({ choices: { a: SMALL } })).toEqual({ a: SMALL });
    expect([isKept({ a: SMALL }, SMALL), isKept({ a: SMALL }, DEEP)]).toEqual([true, false]);
    expect(summaryOf(DEEP)).toBe("linear 8, tanh, linear");
    expect(summaryOf(null)).toBe("edited as JSON");
  });
});
