import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as g from "../../src/engine/graph.ts";
import { reachable } from "../../src/engine/graph-walk.ts";
import { leavesOf } from "../../src/engine/program.ts";

describe("graph", () => {
  test("broadcasts shapes by NumPy's rule, whatever their order", () => {
    expect(g.broadcastShapes([[5, 1], [7]])).toEqual([5, 7]);
    expect(g.broadcastShapes([[], [3]])).toEqual([3]);
    expect(g.broadcastShapes([])).toEqual([]);
    const size = fc.constantFrom(1, 1, 2, 3);
    fc.assert(
      fc.property(fc.array(size, { maxLength: 4 }), fc.array(size, { maxLength: 4 }), (a, b) => {
        const either = (x: number[], y: number[]) => {
          try {
            return g.broadcastShapes([x, y]);
          } catch (error) {
            expect(error).toBeInstanceOf(g.GraphError);
            return "none";
          }
        };
        expect(either(a, b)).toEqual(either(b, a));
      }),
    );
  });

  test("adds no node where nothing changes", () => {
    const x = g.input("x", [2, 3]);
    expect(g.broadcast(x, [2, 3])).toBe(x);
    expect(g.reshape(x, [2, 3])).toBe(x);
    expect(g.permute(x, [0, 1])).toBe(x);
    expect(g.sum(x, [])).toBe(x);
  });

  test("refuses what does not fit, with the shapes in the message", () => {
    const x = g.input("x", [2, 3]);
    const i = g.input("i", [2], "int");
    const refused: readonly [() => unknown, RegExp][] = [
      [() => g.add(x, g.input("y", [4])), /\[2, 3\] and \[4\]/],
      [() => g.add(i, i), /floats/],
      [() => g.matmul(x, x), /3 is not 2/],
      [() => g.matmul(x, g.input("v", [3])), /two axes/],
      [() => g.reshape(x, [4]), /cannot become/],
      [() => g.permute(x, [0, 0]), /each axis/],
      [() => g.sum(x, [2]), /axes/],
      [() => g.sum(x, [0, -2]), /axes/],
      [
        () =>
          g.slice(x, [
            { start: 0, stop: 3, step: 1 },
            { start: 0, stop: 3, step: 1 },
          ]),
        /does not fit/,
      ],
      [() => g.constant([1, 2], [3]), /do not fill/],
      [() => g.input("empty", [0]), /positive integers/],
      [() => g.input("deep", [1, 1, 1, 1, 1, 1, 1]), /at most 6 axes/],
      [() => g.gather(x, x), /int indices/],
      [() => g.scatterAdd(x, g.input("j", [5], "int"), 4), /one update/],
      [() => g.uniform(i, i, [3]), /int scalar/],
      [() => g.customGradient(x, [x], []), /one gradient/],
      [() => g.customGradient(x, [g.input("z", [3])], [x]), /shape of the value/],
    ];
    for (const [build, message] of refused) {
      expect(build).toThrow(g.GraphError);
      expect(build).toThrow(message);
    }
  });

  test("lists what a result needs, inputs first", () => {
    const x = g.input("x", []);
    const y = g.exp(x);
    g.log(x);
    expect(reachable([g.add(y, x)]).map(({ op }) => op.kind)).toEqual(["input", "unary", "binary"]);
  });

  test("finds the leaves of a program, and refuses two of one name", () => {
    const x = g.input("x", []);
    const s = g.state("s", []);
    const leaves = leavesOf({ outputs: { y: g.mul(x, 2) }, updates: [{ state: s, next: x }] });
    expect(leaves.inputs).toEqual([x]);
    expect(leaves.states).toEqual([s]);
    expect(() => leavesOf({ outputs: { y: g.add(x, g.input("x", [])) } })).toThrow(/two input tensors/);
  });
});
