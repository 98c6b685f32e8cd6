import { describe, expect, test } from "vitest";
import * as g from "../../src/engine/graph.ts";
import { interpret } from "../../src/engine/interpreter.ts";

const evaluate = (output: g.Tensor, inputs: Record<string, number | number[]> = {}) => {
  const value = interpret({ main: { outputs: { output } } }).step("main", inputs).output;
  return typeof value === "number" ? value : [...(value ?? [])];
};

describe("interpreter", () => {
  test("evaluates elementwise functions with broadcasting", () => {
    const x = g.constant([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(evaluate(g.add(x, g.constant([10, 20], [2, 1])))).toEqual([11, 12, 13, 24, 25, 26]);
    expect(evaluate(g.where(g.less(x, 3), 0, x))).toEqual([0, 0, 3, 4, 5, 6]);
    expect(evaluate(g.maximum(g.constant([1, Number.NaN]), 2))).toEqual([2, Number.NaN]);
  });

  test("reduces over any axes", () => {
    const x = g.constant([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(evaluate(g.sum(x))).toBe(21);
    expect(evaluate(g.sum(x, [0]))).toEqual([5, 7, 9]);
    expect(evaluate(g.max(x, [-1]))).toEqual([3, 6]);
  });

  test("multiplies matrices under every combination of transpose flags", () => {
    const a = [1, 2, 3, 4, 5, 6];
    const b = [7, 8, 9, 10, 11, 12];
    const at = [1, 4, 2, 5, 3, 6];
    const bt = [7, 9, 11, 8, 10, 12];
    for (const transposeA of [false, true])
      for (const transposeB of [false, true]) {
        const left = g.constant(transposeA ? at : a, transposeA ? [3, 2] : [2, 3]);
        const right = g.constant(transposeB ? bt : b, transposeB ? [2, 3] : [3, 2]);
        expect(evaluate(g.matmul(left, right, { transposeA, transposeB }))).toEqual([58, 64, 139, 154]);
      }
  });

  test("moves elements: permute, slice with steps, pad with interior, gather, scatter_add", () => {
    const x = g.constant([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(evaluate(g.permute(x, [1, 0]))).toEqual([1, 4, 2, 5, 3, 6]);
    expect(
      evaluate(
        g.slice(x, [
          { start: 1, stop: 2, step: 1 },
          { start: 0, stop: 3, step: 2 },
        ]),
      ),
    ).toEqual([4, 6]);
    expect(evaluate(g.pad(g.constant([1, 2]), [{ low: 1, high: 2, interior: 1 }]))).toEqual([0, 1, 0, 2, 0, 0]);
    const indices = g.input("i", [3], "int");
    expect(evaluate(g.gather(x, indices), { i: [1, 0, 1] })).toEqual([4, 5, 6, 1, 2, 3, 4, 5, 6]);
    expect(evaluate(g.scatterAdd(g.constant([1, 2, 4]), indices, 3), { i: [2, 0, 2] })).toEqual([2, 0, 5]);
    expect(() => evaluate(g.gather(x, indices), { i: [0, 2, 0] })).toThrow(g.GraphError);
  });

  test("draws 24 bits a position, a function of key, counter and position", () => {
    const key = g.input("key", [2], "int");
    const counter = g.input("counter", [], "int");
    const drawn = evaluate(g.uniform(key, counter, [1000]), { key: [0, 0], counter: 0 }) as number[];
    expect(drawn[0]).toBe((0x6b200159 >>> 8) / 2 ** 24);
    expect(new Set(drawn).size).toBeGreaterThan(990);
    expect(drawn.every((u) => u >= 0 && u < 1)).toBe(true);
  });

  // Values to 20 digits: erf and the logistic function as tabulated by Abramowitz and Stegun, table 7.1, and by hand.
  test("has an accurate error function and logistic function", () => {
    const table: [number, number][] = [
      [0.1, 0.11246291601828488],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [1.5, 0.9661051464753108],
      [2, 0.9953222650189527],
      [3, 0.9999779095030014],
      [1e-10, 1.1283791670955126e-10],
    ];
    for (const [x, y] of table) {
      expect(Math.abs((evaluate(g.erf(g.constant(x))) as number) / y - 1)).toBeLessThan(1e-15);
      expect(evaluate(g.erf(g.constant(-x)))).toBe(-(evaluate(g.erf(g.constant(x))) as number));
    }
    expect(evaluate(g.erf(g.constant([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 7, 0])))).toEqual([
      1,
      -1,
      Number.NaN,
      1,
      0,
    ]);
    expect(evaluate(g.sigmoid(g.constant([0, -745, 745, -1000])))).toEqual([0.5, 5e-324, 1, 0]);
  });

  test("keeps state between steps, shared by name, and replaces it only after everything was computed", () => {
    const a = g.state("a", []);
    const b = g.state("b", []);
    const swap = {
      outputs: { sum: g.add(a, b) },
      updates: [
        { state: a, next: b },
        { state: b, next: g.add(a, b) },
      ],
    };
    const executable = interpret({ swap, look: { outputs: { a: g.state("a", []) } } }, { maxSteps: 8 });
    executable.write("b", [1]);
    executable.run("swap", 8);
    expect([...executable.result("swap", "sum")]).toEqual([1, 2, 3, 5, 8, 13, 21, 34]);
    expect(executable.step("look")).toEqual({ a: 21 });
    expect([...executable.read("b")]).toEqual([34]);
  });

  test("reads row s of the feed in step s, whatever the grouping", () => {
    const x = g.input("x", [2]);
    const total = g.state("total", [2]);
    const program = { outputs: { total }, updates: [{ state: total, next: g.add(total, x) }] };
    const executable = interpret({ program }, { maxSteps: 3 });
    executable.feed("program", "x").set([1, 2, 3, 4, 5, 6]);
    executable.run("program", 3);
    expect([...executable.result("program", "total")]).toEqual([0, 0, 1, 2, 4, 6]);
    expect([...executable.read("total")]).toEqual([9, 12]);
  });

  test("refuses what cannot run", () => {
    const x = g.input("x", [4]);
    const s = g.state("s", [4]);
    expect(() => interpret({ p: { outputs: { y: x } } }, { maxMemoryBytes: 10 })).toThrow(/bytes/);
    expect(() => interpret({ p: { outputs: { y: s } }, q: { outputs: { y: g.state("s", [5]) } } })).toThrow(/differs/);
    expect(() => interpret({ p: { outputs: {}, updates: [{ state: s, next: g.constant(0) }] } })).toThrow(/shape/);
    const executable = interpret({ p: { outputs: { y: g.add(x, s) } } });
    expect(() => executable.run("p", 2)).toThrow(/steps/);
    expect(() => executable.run("q", 1)).toThrow(/program q/);
    expect(() => executable.write("t", [0])).toThrow(/state t/);
    expect(() => executable.write("s", [0])).toThrow(/4 values/);
    expect(() => executable.step("p", { z: 0 })).toThrow(/input z/);
  });
});
