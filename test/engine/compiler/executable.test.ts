/** What callers rely on: grouping of steps, updates in place, shared states, the cache, the limits. */
import { describe, expect, it } from "vitest";
import { compile, memoryFor } from "../../../src/engine/compiler/compile.ts";
import { grad } from "../../../src/engine/gradients.ts";
import * as graph from "../../../src/engine/graph.ts";
import { GraphError, type Tensor } from "../../../src/engine/graph.ts";
import type { Executable, Program } from "../../../src/engine/program.ts";
import { expectSame, samples } from "./comparison.ts";

/** A network 3-5-2 with a mini-batch gathered by row numbers, dropout, and momentum. */
function training(): Program {
  const data = graph.state("data", [20, 3]);
  const targets = graph.state("targets", [20, 2]);
  const rows = graph.input("rows", [6], "int");
  const lr = graph.input("lr", []);
  const key = graph.input("key", [2], "int");
  const counter = graph.input("counter", [], "int");
  const [w1, w2] = [graph.state("w1", [5, 3]), graph.state("w2", [2, 5])];
  const hidden = graph.tanh(graph.matmul(graph.gather(data, rows), w1, { transposeB: true }));
  const kept = graph.lessEqual(0.25, graph.uniform(key, counter, [6, 5]));
  const output = graph.matmul(graph.div(graph.mul(hidden, kept), 0.75), w2, { transposeB: true });
  const error = graph.sub(output, graph.gather(targets, rows));
  const loss = graph.div(graph.sum(graph.mul(error, error)), 12);
  const gradients = grad(loss, [w1, w2]);
  const updates = [w1, w2].flatMap((parameter, index) => {
    const velocity = graph.state(`v${index}`, parameter.shape);
    const next = graph.add(graph.mul(velocity, 0.9), gradients[index] as Tensor);
    return [
      { state: velocity, next },
      { state: parameter, next: graph.sub(parameter, graph.mul(next, lr)) },
    ];
  });
  return { outputs: { loss, output }, updates };
}

const STEPS = 7;
const STATES = ["w1", "w2", "v0", "v1"];

function prepared(): Executable {
  const executable = compile({ train: training() }, { maxSteps: STEPS });
  const random = samples(3);
  for (const [name, size] of [
    ["data", 60],
    ["targets", 40],
    ["w1", 15],
    ["w2", 10],
  ] as const)
    executable.write(
      name,
      Float32Array.from({ length: size }, () => random.next().value),
    );
  return executable;
}

const feeds = (step: number) => ({
  rows: [0, 1, 2, 3, 4, 5].map((row) => (row * 3 + step) % 20),
  lr: 0.01 * (step + 1),
  key: [12, -7],
  counter: step,
});

function fillTables(executable: Executable, first: number, count: number): void {
  for (let step = 0; step < count; step++) {
    for (const [name, value] of Object.entries(feeds(first + step))) {
      const values = typeof value === "number" ? [value] : value;
      executable.feed("train", name).set(values, step * values.length);
    }
  }
}

describe("steps", () => {
  it("give the same bits however they are grouped", () => {
    const single = prepared();
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) losses.push(single.step("train", feeds(step)).loss as number);

    const together = prepared();
    fillTables(together, 0, STEPS);
    together.run("train", STEPS);
    expect(Array.from(together.result("train", "loss"))).toEqual(losses);

    const apart = prepared();
    fillTables(apart, 0, 3);
    apart.run("train", 3);
    fillTables(apart, 3, 4);
    apart.run("train", 4);
    for (const state of STATES) {
      expect(together.read(state)).toEqual(single.read(state));
      expect(apart.read(state)).toEqual(single.read(state));
    }
  });

  it("leave each output in the row of its step", () => {
    const executable = prepared();
    fillTables(executable, 0, STEPS);
    executable.run("train", STEPS);
    const table = executable.result("train", "output").slice();
    const single = prepared();
    for (let step = 0; step < STEPS; step++)
      expect(Array.from(single.step("train", feeds(step)).output as Float32Array)).toEqual(
        Array.from(table.subarray(step * 12, step * 12 + 12)),
      );
  });

  it("are refused outside of 1..maxSteps", () => {
    const executable = prepared();
    for (const steps of [0, STEPS + 1, 1.5]) expect(() => executable.run("train", steps)).toThrow(GraphError);
  });

  it("hand out the same views for life", () => {
    const executable = prepared();
    const [feed, result] = [executable.feed("train", "lr"), executable.result("train", "loss")];
    executable.run("train", 1);
    expect(executable.feed("train", "lr")).toBe(feed);
    expect(executable.result("train", "loss")).toBe(result);
  });
});

describe("updates", () => {
  const [a, b] = [graph.state("a", [6, 6]), graph.state("b", [6, 6])];

  it.each<[string, Program]>([
    [
      "a swap",
      {
        outputs: {},
        updates: [
          { state: a, next: b },
          { state: b, next: a },
        ],
      },
    ],
    ["a transposition", { outputs: {}, updates: [{ state: a, next: graph.permute(a, [1, 0]) }] }],
    [
      "a shift",
      {
        outputs: {},
        updates: [
          {
            state: a,
            next: graph.pad(
              graph.slice(a, [
                { start: 1, stop: 6, step: 1 },
                { start: 0, stop: 6, step: 1 },
              ]),
              [
                { low: 0, high: 1, interior: 0 },
                { low: 0, high: 0, interior: 0 },
              ],
            ),
          },
        ],
      },
    ],
    [
      "a normalisation by the old sum",
      { outputs: { old: a }, updates: [{ state: a, next: graph.div(a, graph.add(graph.sum(graph.abs(a)), 1)) }] },
    ],
    [
      "a product with itself",
      {
        outputs: {},
        updates: [
          { state: a, next: graph.tanh(graph.matmul(a, a)) },
          { state: b, next: graph.add(b, graph.sum(a, [0], true)) },
        ],
      },
    ],
    [
      "one value for two",
      {
        outputs: { both: graph.add(a, b) },
        updates: [
          { state: a, next: graph.add(a, b) },
          { state: b, next: graph.add(a, b) },
        ],
      },
    ],
    ["nothing new", { outputs: { a }, updates: [{ state: a, next: a }] }],
  ])("see the state before the step: %s", (_, program) => {
    expectSame({ p: program }, { steps: 4 });
  });

  it("are seen by the other programs", () => {
    const total = graph.sum(a);
    expectSame(
      { grow: { outputs: {}, updates: [{ state: a, next: graph.add(a, 1) }] }, read: { outputs: { total } } },
      { steps: 3 },
    );
  });
});

describe("compiling", () => {
  it("the same programs again gives the same bits and memory of its own", () => {
    const [first, second] = [prepared(), prepared()];
    first.step("train", feeds(0));
    expect(second.read("w1")).not.toEqual(first.read("w1"));
    second.step("train", feeds(0));
    expect(second.read("w1")).toEqual(first.read("w1"));
  });

  it("tells constants apart that differ only in sign or value", () => {
    const of = (value: number) => compile({ p: { outputs: { y: graph.div(1, graph.mul(graph.state("x", [2]), value)) } } });
    const run = (value: number) => {
      const executable = of(value);
      executable.write("x", [1, 2]);
      return Array.from(executable.step("p").y as Float32Array);
    };
    expect(run(0)).toEqual([Infinity, Infinity]);
    expect(run(-0)).toEqual([-Infinity, -Infinity]);
    expect(run(0.5)).toEqual([2, 1]);
  });

  it("computes the memory first, and refuses what is above the limit", () => {
    const programs = { p: { outputs: { y: graph.matmul(graph.state("x", [300, 300]), graph.state("y", [300, 300])) } } };
    const need = memoryFor(programs);
    expect(need).toBeGreaterThan(3 * 300 * 300 * 4);
    expect(compile(programs, { maxMemoryBytes: need }).memoryBytes).toBeLessThan(need + 65_536);
    expect(() => compile(programs, { maxMemoryBytes: need - 1 })).toThrow(`need ${need} bytes, more than the ${need - 1}`);
    const huge = { p: { outputs: { y: graph.sum(graph.state("x", [2 ** 20, 2 ** 20])) } } };
    expect(() => compile(huge)).toThrow(GraphError);
  });

  it("refuses names that clash and updates that do not fit", () => {
    const x = graph.state("x", [2]);
    expect(() => compile({ p: { outputs: { y: graph.add(x, graph.state("x", [2])) } } })).toThrow("two state tensors");
    expect(() => compile({ p: { outputs: { x } }, q: { outputs: { x: graph.state("x", [3]) } } })).toThrow("state x");
    expect(() => compile({ p: { outputs: {}, updates: [{ state: x, next: graph.state("z", [3]) }] } })).toThrow(
      "update of state x",
    );
    expect(() =>
      compile({
        p: {
          outputs: {},
          updates: [
            { state: x, next: x },
            { state: x, next: x },
          ],
        },
      }),
    ).toThrow("twice");
  });

  it("refuses unknown names and wrong lengths", () => {
    const executable = prepared();
    expect(() => executable.write("nothing", [])).toThrow("nothing");
    expect(() => executable.write("w1", [1])).toThrow("w1");
    expect(() => executable.read("nothing")).toThrow("nothing");
    expect(() => executable.feed("train", "nothing")).toThrow("nothing");
    expect(() => executable.result("nothing", "loss")).toThrow("nothing");
    expect(() => executable.step("train", { lr: [1, 2] })).toThrow("lr");
  });

  it("keeps a place for inputs that turn out not to matter", () => {
    const programs = {
      p: { outputs: { y: graph.customGradient(graph.state("x", [2]), [graph.input("unused", [2])], [graph.state("g", [2])]) } },
    };
    expect(compile(programs).feed("p", "unused")).toHaveLength(2);
  });

  it("does not grow the code with the tensors", () => {
    const lines = (rows: number) => {
      const executable = compile({ p: { outputs: { y: graph.exp(graph.state("x", [rows, 40])) } } });
      return executable.describe().split("\n").length;
    };
    expect(lines(4000)).toBe(lines(40));
  });

  it("lists what was fused", () => {
    const listing = prepared().describe();
    expect(listing).toContain("program train");
    expect(listing).toMatch(/tanh/);
    expect(listing).toMatch(/flop/);
  });
});
