/** Chance that can be repeated: everything random in a run of faults follows from its seed. */

export interface Chance {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number;
  /** True so many times out of a hundred. */
  percent(share: number): boolean;
  of<T>(items: readonly T[]): T;
}

/** mulberry32: a generator of 32 bits by Tommy Ettinger. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, percent: (share) => next() * 100 < share, of: (items) => items[below(items.length)] as never };
}
