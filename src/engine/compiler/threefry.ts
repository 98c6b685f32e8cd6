/**
 * Threefry-2x32 with 20 rounds on four counters at once, as vector instructions: the `uniform` primitive. random.ts has the reference
 * definition.
 */
import type { VectorCode } from "./codegen/math.ts";
import type { Local } from "./wasm/assembler.ts";

const PARITY = 0x1bd11bda;
const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** Emits, in each lane, the top 24 bits of the first word of threefry2x32(key, counter), times 2^-24. */
export function uniformLanes(v: VectorCode, key0: Local, key1: Local, counter0: Local, counter1: Local): Local {
  const [word] = firstWordLanes(v, key0, key1, [counter0], counter1) as [Local];
  const top = v.shift("i32x4.shr_u", word, 8);
  return v.op("f32x4.mul", v.op("f32x4.convert_i32x4_s", top), v.float(2 ** -24));
}

/**
 * Emits the first words of threefry2x32(key, (counter0, counter1)) for each of `counters0`, whose rounds take turns: each waits for its own
 * last sum.
 */
export function firstWordLanes(
  v: VectorCode,
  key0: Local,
  key1: Local,
  counters0: readonly Local[],
  counter1: Local,
): readonly Local[] {
  const key2 = v.op("v128.xor", v.op("v128.xor", key0, key1), v.bits(PARITY));
  const keys = [key0, key1, key2] as const;
  let x0 = counters0.map((counter) => v.op("i32x4.add", counter, key0));
  let x1 = counters0.map(() => v.op("i32x4.add", counter1, key1));
  for (let group = 1; group <= 5; group++) {
    for (const count of ROTATIONS[(group + 1) % 2] as readonly number[]) {
      x0 = x0.map((x, index) => v.op("i32x4.add", x, x1[index] as Local));
      x1 = x1.map((x, index) => v.op("v128.xor", rotate(v, x, count), x0[index] as Local));
    }
    x0 = x0.map((x) => v.op("i32x4.add", x, keys[group % 3] as Local));
    x1 = x1.map((x) => v.op("i32x4.add", v.op("i32x4.add", x, keys[(group + 1) % 3] as Local), v.bits(group)));
  }
  return x0;
}

const rotate = (v: VectorCode, x: Local, count: number): Local =>
  v.op("v128.or", v.shift("i32x4.shl", x, count), v.shift("i32x4.shr_u", x, 32 - count));
