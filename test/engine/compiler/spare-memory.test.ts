import { describe, expect, it } from "vitest";
import { compile, graph, type Programs } from "../../../src/engine/index.ts";

/** Adds 1.5 to a state and its double to another, with a constant beside them. */
function programs(): Programs {
  const [a, b] = [graph.state("a", [40]), graph.state("b", [40])];
  const next = graph.add(a, graph.constant([1.5]));
  return {
    step: {
      outputs: { sum: graph.sum(next, [0]) },
      updates: [
        { state: a, next },
        { state: b, next: graph.mul(next, 2) },
      ],
    },
  };
}

describe("the memory of a released executable", () => {
  it("is the next one's of the same programs, with states at 0 and the same results", () => {
    const first = compile(programs());
    const fresh = [first.step("step"), first.step("step")];
    expect(first.read("a")[0]).toBe(3);
    const table = first.result("step", "sum");
    first.release();
    const second = compile(programs());
    expect(second.result("step", "sum").buffer).toBe(table.buffer);
    expect([...second.read("a"), ...second.read("b")].every((value) => value === 0)).toBe(true);
    expect([second.step("step"), second.step("step")]).toEqual(fresh);
  });

  it("is nobody else's while the executable is in use, and the executable's no more", () => {
    const first = compile(programs());
    first.release();
    first.release();
    const [second, third] = [compile(programs()), compile(programs())];
    expect(second.result("step", "sum").buffer).not.toBe(third.result("step", "sum").buffer);
    expect(() => first.run("step", 1)).toThrow("was released");
  });
});
