/**
 * Counters and pointers in i32 locals, and counted loops. All loops in generated code are created here. Knows locals; knows
 * nothing of vectors or tensors.
 */
import type { FunctionBuilder, Local } from "./assembler.ts";

/** A compile-time number, or a local that has the number at run time. */
export type Amount = number | { readonly local: Local };

/** Pushes an amount onto the stack. */
export function push(f: FunctionBuilder, amount: Amount): void {
  if (typeof amount === "number") f.i32(amount);
  else f.get(amount.local);
}

/** target = source */
export function assign(f: FunctionBuilder, target: Local, source: Amount): void {
  push(f, source);
  f.set(target);
}

/** target += by */
export function advance(f: FunctionBuilder, target: Local, by: Amount): void {
  f.get(target);
  push(f, by);
  f.plain("i32.add");
  f.set(target);
}

/** do { body() } while ((counter += by) < limit): starts at the counter's current value and runs at least once. */
export function countUp(f: FunctionBuilder, counter: Local, limit: Amount, body: () => void, by = 1): void {
  f.loop(() => {
    body();
    advance(f, counter, by);
    f.get(counter);
    push(f, limit);
    f.plain("i32.lt_u");
    f.repeatIf();
  });
}

/** for (counter = trips; counter > 0; counter--) body(), for at least one trip. */
export function countDown(f: FunctionBuilder, counter: Local, trips: Amount, body: () => void): void {
  assign(f, counter, trips);
  f.loop(() => {
    body();
    f.get(counter);
    f.i32(1);
    f.plain("i32.sub");
    f.set(counter);
    f.get(counter);
    f.repeatIf();
  });
}
