/** Sums of sums: their code is bounded, and their values are those of the interpreter. */
import { describe, expect, it } from "vitest";
import { compile } from "../../../src/engine/compiler/compile.ts";
import * as graph from "../../../src/engine/graph.ts";
import { expectSame } from "./comparison.ts";

describe("sums of sums", () => {
  // The gradient of a convolution's kernel: over the rows of a batch, and in each over the places of its image.
  const x = graph.state("x", [13, 4, 16]);
  const y = graph.state("y", [13, 1, 16]);
  const inner = graph.sum(graph.mul(x, y), [2]);
  const program = { outputs: { total: graph.sum(inner, [0]) } };

  it("store the inner sums instead of unrolling all terms of both", () => {
    const listing = compile({ step: program }).describe();
    expect(listing).toMatch(/step: 2 kernels/);
    expect(listing).toMatch(/\[13, 4[^\]]*\] sum \+ mul/);
  });

  it("have the values of the interpreter", () => {
    expectSame({ step: program });
  });
});
