/**
 * Counter-based random numbers: the state of a stream is a single number that can be saved, and the streams of one seed are
 * independent. Knows nothing of tensors; the graph's `uniform` primitive is defined by the same threefry.
 */
import { normalQuantile } from "./deterministic-math.ts";
import { drawWords, MAX_WORDS } from "./random-words.ts";

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
  draw(key0, key1, counter0, counter1);
  return [(BLOCK[0] as number) >>> 0, (BLOCK[1] as number) >>> 0];
}

/** The block that was drawn last: one for all streams, because each is read at once. */
const BLOCK = new Int32Array(2);

/** Draws a block: five groups of four rounds, with two key words added after each group. */
function draw(key0: number, key1: number, counter0: number, counter1: number): void {
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
  BLOCK[0] = x0;
  BLOCK[1] = x1;
}

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
  let [key0, key1] = [seed % WORD, Math.floor(seed / WORD)];
  for (let i = 0; i < name.length; i += 4) {
    draw(key0, key1, unit(i) | (unit(i + 1) << 16), unit(i + 2) | (unit(i + 3) << 16));
    key0 = BLOCK[0] as number;
    key1 = BLOCK[1] as number;
  }
  draw(key0, key1, name.length, 0);
  return [BLOCK[0] as number, BLOCK[1] as number];
}

/** Creates the stream of a key, from a saved position or from its start. */
export function createRandom(key: Key, position = 0): Random {
  let next = position;
  const drawNext = (): void => {
    draw(key[0], key[1], next | 0, Math.floor(next / WORD));
    next += 1;
  };
  const bits53 = () => ((BLOCK[0] as number) >>> 5) * 2 ** 26 + ((BLOCK[1] as number) >>> 6);
  const integer = (bound: number): number => {
    // Rejection sampling on as many bits as the bound needs: fewer than two draws on average.
    const unused = Math.clz32(bound - 1);
    for (;;) {
      drawNext();
      const candidate = unused === 32 ? 0 : (BLOCK[0] as number) >>> unused;
      if (candidate < bound) return candidate;
    }
  };
  return {
    get position() {
      return next;
    },
    uniform(bits = 53) {
      drawNext();
      return bits === 24 ? ((BLOCK[0] as number) >>> 8) * 2 ** -24 : bits53() * 2 ** -53;
    },
    normal() {
      drawNext();
      // The midpoint of each of 2^53 intervals, so never 0 or 1.
      return normalQuantile((bits53() + 0.5) * 2 ** -53);
    },
    integer,
    permutation(n, order = new Int32Array(n)) {
      for (let i = 0; i < n; i++) order[i] = i;
      for (let i = n - 1; i > 0; ) {
        const low = next % WORD;
        const count = Math.min(MAX_WORDS, i, WORD - low);
        const words = drawWords(key[0], key[1], low | 0, Math.floor(next / WORD), count);
        let used = 0;
        while (used < count && i > 0) {
          // Draws them like `integer`, one after the other, from as many bits while the bound needs no fewer.
          const unused = Math.clz32(i);
          const least = 1 << (31 - unused);
          // Rejections are unpredictable, so a rejected draw swaps an element with itself instead of branching.
          for (; used < count && i >= least; used++) {
            const j = (words[used] as number) >>> unused;
            const accepted = (j - i - 1) >> 31;
            const to = i + ((j - i) & accepted);
            const swapped = order[i] as number;
            order[i] = order[to] as number;
            order[to] = swapped;
            i += accepted;
          }
        }
        next += used;
      }
      return order;
    },
  };
}
