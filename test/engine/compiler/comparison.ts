/** Runs programs compiled and interpreted side by side, on the same values, and compares everything that can be read. */
import { expect } from "vitest";
import { compile } from "../../../src/engine/compiler/compile.ts";
import { sizeOf, type Tensor } from "../../../src/engine/graph.ts";
import { interpret } from "../../../src/engine/interpreter.ts";
import { type CompileOptions, type Executable, leavesOf, type Programs } from "../../../src/engine/program.ts";

/** Multiples of 1/8 in [-2, 2): exact in float32, so that comparisons of leaves fall the same way in both precisions. */
export function* samples(seed: number): Generator<number, never> {
  let state = seed >>> 0;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield ((state >>> 16) % 32) / 8 - 2;
  }
}

export interface ComparisonOptions extends CompileOptions {
  readonly steps?: number;
  readonly seed?: number;
  /** Relative to the largest magnitude of a tensor, or to 1. */
  readonly tolerance?: number;
  /** Ints are indices below this. */
  readonly indexLimit?: number;
}

export interface Pair {
  readonly compiled: Executable;
  readonly oracle: Executable;
  readonly states: readonly Tensor[];
}

/** Both executables, their states filled alike. */
function pair(programs: Programs, { seed = 1, indexLimit = 1, ...options }: ComparisonOptions = {}): Pair {
  const compiled = compile(programs, options);
  const oracle = interpret(programs, options);
  const states = new Map(
    Object.values(programs).flatMap((program) => leavesOf(program).states.map((x) => [nameOf(x), x] as const)),
  );
  const random = samples(seed);
  for (const [name, tensor] of states) {
    const values = Array.from({ length: sizeOf(tensor.shape) }, () => {
      const { value } = random.next();
      return tensor.dtype === "int" ? Math.floor(((value + 2) / 4) * indexLimit) : value;
    });
    compiled.write(name, values);
    oracle.write(name, values);
  }
  return { compiled, oracle, states: [...states.values()] };
}

/** Runs every program `steps` times on both and expects the same outputs and states after each. */
export function expectSame(programs: Programs, options: ComparisonOptions = {}): void {
  const { compiled, oracle, states } = pair(programs, options);
  const tolerance = options.tolerance ?? 1e-4;
  for (let step = 0; step < (options.steps ?? 2); step++) {
    for (const name of Object.keys(programs)) {
      const actual = compiled.step(name);
      const expected = oracle.step(name);
      for (const output of Object.keys(expected)) {
        expectClose(
          actual[output] as number,
          expected[output] as number,
          tolerance,
          `${name}.${output} in step ${step}`,
          compiled,
        );
      }
    }
    for (const state of states) {
      const name = nameOf(state);
      expectClose(compiled.read(name), oracle.read(name), tolerance, `state ${name} after step ${step}`, compiled);
    }
  }
}

function expectClose(
  actual: number | ArrayLike<number>,
  expected: number | ArrayLike<number>,
  tolerance: number,
  what: string,
  compiled: Executable,
): void {
  const [a, b] = [actual, expected].map((values) => (typeof values === "number" ? [values] : Array.from(values))) as [
    number[],
    number[],
  ];
  expect(a.length, what).toBe(b.length);
  const finite = b.filter(Number.isFinite).map(Math.abs);
  const scale = finite.reduce((most, value) => Math.max(most, value), 1);
  const wrong = b.findIndex((value, index) => {
    const other = a[index] as number;
    return !Object.is(value, other) && value !== other && !(Math.abs(value - other) <= tolerance * scale);
  });
  if (wrong >= 0) expect.fail(`${what}, element ${wrong}: ${a[wrong]} instead of ${b[wrong]}\n${compiled.describe()}`);
}

function nameOf({ op }: Tensor): string {
  if (op.kind !== "state") throw new Error(`a ${op.kind} is no state`);
  return op.name;
}
