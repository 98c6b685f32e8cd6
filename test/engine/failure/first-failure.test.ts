import { describe, expect, it } from "vitest";
import * as graph from "../../../src/engine/graph.ts";
import { type FirstFailure, firstFailure, type Program } from "../../../src/engine/index.ts";
import { bce } from "../../../src/engine/loss/binary.ts";
import { nll } from "../../../src/engine/loss/classes.ts";
import * as nn from "../../../src/engine/nn/index.ts";

const values = (states: Record<string, number[]>, rows = 2) => ({
  valuesOf: (leaf: string) => states[leaf] as number[],
  rows,
  isRows: (leaf: string) => leaf === "x" || leaf === "t",
});

function failureOf(program: Program, states: Record<string, number[]>, rows?: number): FirstFailure {
  const found = firstFailure(program, ["loss"], values(states, rows));
  if (found === null || found === "too_large") throw new Error(`${found}`);
  return found;
}

describe("the first failure of a step", () => {
  it("is the logarithm of 0, of a probability that float32 rounds to 0 or that is 0", () => {
    const x = graph.state("x", [2, 2]);
    const loss = nll(graph.log(nn.softmax(x, -1)), graph.state("t", [2]), { reduction: "mean" });
    const rounded = failureOf({ outputs: { loss } }, { x: [0, 1, 200, 0], t: [0, 1] });
    expect(rounded).toMatchObject({
      tensor: { op: { fn: "log" } },
      operands: [0],
      result: Number.NEGATIVE_INFINITY,
      rows: [1],
    });
    expect(rounded.exact).toBeCloseTo(-200, 10);
    expect(failureOf({ outputs: { loss } }, { x: [0, 1, 2000, 0], t: [0, 1] }).exact).toBe(Number.NEGATIVE_INFINITY);
  });

  it("is not an infinity that the loss clamps", () => {
    const loss = nn.mean(bce(graph.state("x", [2]), graph.state("t", [2])));
    expect(firstFailure({ outputs: { loss } }, ["loss"], values({ x: [0, 1], t: [1, 0] }))).toBeNull();
    const whole = graph.add(loss, graph.sum(graph.div(1, graph.state("w", [1]))));
    const failure = failureOf({ outputs: { loss: whole } }, { x: [0, 1], t: [1, 0], w: [0] });
    expect(failure.tensor.op).toMatchObject({ fn: "div" });
  });

  it("is not in the branch that a choice leaves out", () => {
    const x = graph.state("x", [2]);
    const loss = graph.sum(graph.where(graph.less(0, x), graph.log(x), graph.mul(x, 1e30)));
    expect(failureOf({ outputs: { loss } }, { x: [0, -1e20] })).toMatchObject({ tensor: { op: { fn: "mul" } }, rows: [1] });
  });

  it("names the rows of the greatest terms where a sum over rows overflows", () => {
    const x = graph.state("x", [3, 2]);
    const loss = graph.sum(graph.sum(x, [0]));
    expect(failureOf({ outputs: { loss } }, { x: [1, 1, 3e38, 1, 2e38, 1] }, 3)).toMatchObject({
      tensor: { op: { kind: "sum" } },
      rows: [1],
      elements: 1,
    });
  });

  it("is not looked for any longer once nobody waits for it: it asks before every primitive", () => {
    const x = graph.state("x", [1]);
    const loss = graph.sum(graph.log(graph.mul(x, 2)));
    let asked = 0;
    const find = (most: number) => firstFailure({ outputs: { loss } }, ["loss"], values({ x: [0] }, 1), () => ++asked > most);
    expect(find(Number.POSITIVE_INFINITY)).toMatchObject({ tensor: { op: { fn: "log" } } });
    const all = asked;
    expect(all).toBeGreaterThanOrEqual(4);
    for (const most of [0, 2, all - 1]) {
      asked = 0;
      expect(find(most)).toBeNull();
      expect(asked).toBe(most + 1);
    }
  });

  it("refuses a step that would take longer than it may", () => {
    const [a, b] = [graph.state("x", [2000, 2000]), graph.state("w", [2000, 2000])];
    expect(firstFailure({ outputs: { loss: graph.sum(graph.matmul(a, b)) } }, ["loss"], values({}, 2000))).toBe("too_large");
  });
});
