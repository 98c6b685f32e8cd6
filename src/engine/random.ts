/**
 * Counter-based random numbers: the state of a stream is a single number that can be saved, and the streams of one seed are
 * independent. Knows nothing of tensors; the graph's `uniform` primitive is defined by the same threefry.
 */
import { normalQuantile } from "./deterministic-math.ts";

/** Two 32-bit words, signed as in the graph's int tensors. */
export type Key = readonly [number, number];

/** A random stream, determined by its key and position. */
export interface Random {
  /** The number of 64-bit blocks drawn so far. Save it and pass it to createRandom to resume the stream. */
  readonly position: number;
  /** Uniform in [0, 1), a multiple of 2^-bits. */
  uniform(bits?: 24 | 53): number;
  /** Standard normal, by inversion; draws one block. */
  normal(): number;
  /** A uniform integer in 0..bound-1, for 1 <= bound <= 2^32. */
  integer(bound: number): number;
  /** A uniform random permutation of 0..n-1, written into `order` if it is given, which has n elements. */
  permutation(n: number, order?: Int32Array): Int32Array;
}

const PARITY = 0x1bd11bda;
const WORD = 2 ** 32;

/**
 * Threefry-2x32 with 20 rounds: maps a key and a counter of two words each to two unsigned words of 32 random bits.
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
export function threefry2x32(key0: number, key1: number, counter0: number, counter1: number): [number, number] {
  const block = new Int32Array(2);
  threefryInto(block, key0, key1, counter0, counter1);
  return [(block[0] as number) >>> 0, (block[1] as number) >>> 0];
}

/** Runs five groups of four rounds, and adds two key words after each group. */
function threefryInto(block: Int32Array, key0: number, key1: number, counter0: number, counter1: number): void {
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  let a = key1 | 0;
  let b = key0 ^ key1 ^ PARITY;
  let c = key0 | 0;
  for (let group = 1; group <= 5; group++) {
    const odd = (group & 1) === 1;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, odd ? 13 : 17) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, odd ? 15 : 29) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, odd ? 26 : 16) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, odd ? 6 : 24) ^ x0;
    x0 = (x0 + a) | 0;
    x1 = (((x1 + b) | 0) + group) | 0;
    const first = a;
    a = b;
    b = c;
    c = first;
  }
  block[0] = x0;
  block[1] = x1;
}

/**
 * Writes the first words of `count` blocks, an even number, for the counters from `counter` on. Two blocks are computed beside each other,
 * since each waits for its own last sum, and rounds are written out, so that rotations are by constants.
 */
function firstWords(words: Int32Array, count: number, key: Key, counter: number): void {
  const [key0, key1] = key;
  const parity = key0 ^ key1 ^ PARITY;
  for (let index = 0; index < count; index += 2) {
    const [from, to] = [counter + index, counter + index + 1];
    let x0 = ((from | 0) + key0) | 0;
    let x1 = (Math.floor(from / WORD) + key1) | 0;
    let y0 = ((to | 0) + key0) | 0;
    let y1 = (Math.floor(to / WORD) + key1) | 0;
    let a = key1 | 0;
    let b = parity;
    let c = key0 | 0;
    for (let group = 1; ; group += 2) {
      x0 = (x0 + x1) | 0;
      y0 = (y0 + y1) | 0;
      x1 = rotate(x1, 13) ^ x0;
      y1 = rotate(y1, 13) ^ y0;
      x0 = (x0 + x1) | 0;
      y0 = (y0 + y1) | 0;
      x1 = rotate(x1, 15) ^ x0;
      y1 = rotate(y1, 15) ^ y0;
      x0 = (x0 + x1) | 0;
      y0 = (y0 + y1) | 0;
      x1 = rotate(x1, 26) ^ x0;
      y1 = rotate(y1, 26) ^ y0;
      x0 = (x0 + x1) | 0;
      y0 = (y0 + y1) | 0;
      // The second word of the last group goes nowhere.
      if (group === 5) break;
      x1 = rotate(x1, 6) ^ x0;
      y1 = rotate(y1, 6) ^ y0;
      x0 = (x0 + a) | 0;
      y0 = (y0 + a) | 0;
      x1 = (((x1 + b) | 0) + group) | 0;
      y1 = (((y1 + b) | 0) + group) | 0;
      x0 = (x0 + x1) | 0;
      y0 = (y0 + y1) | 0;
      x1 = rotate(x1, 17) ^ x0;
      y1 = rotate(y1, 17) ^ y0;
      x0 = (x0 + x1) | 0;
      y0 = (y0 + y1) | 0;
      x1 = rotate(x1, 29) ^ x0;
      y1 = rotate(y1, 29) ^ y0;
      x0 = (x0 + x1) | 0;
      y0 = (y0 + y1) | 0;
      x1 = rotate(x1, 16) ^ x0;
      y1 = rotate(y1, 16) ^ y0;
      x0 = (x0 + x1) | 0;
      y0 = (y0 + y1) | 0;
      x1 = rotate(x1, 24) ^ x0;
      y1 = rotate(y1, 24) ^ y0;
      x0 = (x0 + b) | 0;
      y0 = (y0 + b) | 0;
      x1 = (((x1 + c) | 0) + group + 1) | 0;
      y1 = (((y1 + c) | 0) + group + 1) | 0;
      const first = a;
      a = c;
      c = b;
      b = first;
    }
    words[index] = (x0 + a) | 0;
    words[index + 1] = (y0 + a) | 0;
  }
}

/** Blocks that a permutation draws at a time. */
const DRAWN = new Int32Array(64);

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

/**
 * Returns the key of a named stream ("init/0.weight", "shuffle") of a seed, a safe integer >= 0. The name is hashed by
 * threefry: each block under the key that the previous block gave, and the length of the name last. Throws a RangeError for
 * any other seed.
 */
export function streamKey(seed: number, name: string): Key {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`a seed is an integer in 0..2^53-1, not ${seed}`);
  const unit = (index: number) => (index < name.length ? name.charCodeAt(index) : 0);
  let key: readonly [number, number] = [seed % WORD, Math.floor(seed / WORD)];
  for (let i = 0; i < name.length; i += 4) {
    key = threefry2x32(key[0], key[1], unit(i) | (unit(i + 1) << 16), unit(i + 2) | (unit(i + 3) << 16));
  }
  key = threefry2x32(key[0], key[1], name.length, 0);
  return [key[0] | 0, key[1] | 0];
}

/** Creates the stream of a key, from a saved position or from its start. */
export function createRandom(key: Key, position = 0): Random {
  const block = new Int32Array(2);
  let next = position;
  const draw = (): void => {
    threefryInto(block, key[0], key[1], next | 0, Math.floor(next / WORD));
    next += 1;
  };
  const bits53 = () => ((block[0] as number) >>> 5) * 2 ** 26 + ((block[1] as number) >>> 6);
  const integer = (bound: number): number => {
    // Rejection sampling on as many bits as the bound needs: fewer than two draws on average.
    const unused = Math.clz32(bound - 1);
    for (;;) {
      draw();
      const candidate = unused === 32 ? 0 : (block[0] as number) >>> unused;
      if (candidate < bound) return candidate;
    }
  };
  return {
    get position() {
      return next;
    },
    uniform(bits = 53) {
      draw();
      return bits === 24 ? ((block[0] as number) >>> 8) * 2 ** -24 : bits53() * 2 ** -53;
    },
    normal() {
      draw();
      // The midpoint of each of 2^53 intervals, so never 0 or 1.
      return normalQuantile((bits53() + 0.5) * 2 ** -53);
    },
    integer,
    permutation(n, order = new Int32Array(n)) {
      for (let i = 0; i < n; i++) order[i] = i;
      let [used, drawn] = [0, 0];
      for (let i = n - 1; i > 0; i--) {
        // As `integer` draws them, one after the other.
        const unused = Math.clz32(i);
        let j: number;
        do {
          if (used === drawn) {
            drawn = Math.min(DRAWN.length, (i + 2) & ~1);
            used = 0;
            firstWords(DRAWN, drawn, key, next);
          }
          j = (DRAWN[used++] as number) >>> unused;
          next += 1;
        } while (j > i);
        const swapped = order[i] as number;
        order[i] = order[j] as number;
        order[j] = swapped;
      }
      return order;
    },
  };
}
