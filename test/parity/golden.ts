/** The reference cases that PyTorch computed, and how close is close enough. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { CompileOptions, Executable, Programs } from "../../src/engine/program.ts";

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** What is held to the cases: the float64 interpreter, or the compiler. */
export interface Executor {
  readonly name: string;
  execute(programs: Programs, options?: CompileOptions): Executable;
  /** Largest error allowed, relative to the expected value, or to this share of the tensor's largest where sums cancel. */
  readonly tolerance: number;
  readonly cancellation: number;
}

export function readGolden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/golden/${name}.json`, import.meta.url), "utf8")) as T;
}

/** `scale`: the size of the terms that cancelled, where it is more than the largest of what is left. */
export function expectClose(
  actual: ArrayLike<number> | number,
  expected: readonly number[],
  executor: Executor,
  what: string,
  scale = 0,
): void {
  const values = typeof actual === "number" ? [actual] : Array.from(actual);
  expect(values.length, what).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), scale);
  expected.forEach((value, i) => {
    const allowed = executor.tolerance * Math.max(Math.abs(value), executor.cancellation * largest);
    const error = Math.abs((values[i] as number) - value);
    expect(error, `${what}[${i}]: ${values[i]} instead of ${value}`).toBeLessThanOrEqual(allowed);
  });
}
