import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom, streamKey, threefry2x32 } from "../../src/engine/random.ts";

const draw = (count: number, next: () => number) => Array.from({ length: count }, next);
const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length;
const correlation = (a: readonly number[], b: readonly number[]) => {
  const [ma, mb] = [mean(a), mean(b)];
  const product = (x: readonly number[], y: readonly number[]) =>
    x.reduce((total, value, i) => total + value * (y[i] as number), 0);
  const [ca, cb] = [a.map((value) => value - ma), b.map((value) => value - mb)];
  return product(ca, cb) / Math.sqrt(product(ca, ca) * product(cb, cb));
};

describe("threefry2x32", () => {
  test("gives the known answers of Random123", () => {
    const hex = (words: readonly number[]) => words.map((word) => word.toString(16));
    expect(hex(threefry2x32(0, 0, 0, 0))).toEqual(["6b200159", "99ba4efe"]);
    expect(hex(threefry2x32(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff))).toEqual(["1cb996fc", "bb002be7"]);
    expect(hex(threefry2x32(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3))).toEqual(["c4923a9c", "483df7a0"]);
  });

  test("takes signed words as the same bits", () => {
    fc.assert(
      fc.property(fc.tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer()), (words) => {
        const unsigned = words.map((word) => word >>> 0) as typeof words;
        expect(threefry2x32(...words)).toEqual(threefry2x32(...unsigned));
      }),
    );
  });
});

describe("streamKey", () => {
  test("differs for each seed and each name", () => {
    const names = [
      "",
      "a",
      "b",
      "aa",
      "ab",
      "ba",
      "a\0",
      "a\0\0\0",
      "init/0.weight",
      "init/0.bias",
      "init/1.weight",
      "shuffle",
      "dropout.1",
      "ä",
      "日本",
    ];
    const seeds = [0, 1, 2, 2 ** 31, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const keys = seeds.flatMap((seed) => names.map((name) => streamKey(seed, name).join()));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("is two signed words, and always the same", () => {
    expect(streamKey(42, "init/0.weight")).toEqual(streamKey(42, "init/0.weight"));
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.string(), (seed, name) => {
        for (const word of streamKey(seed, name)) expect(word).toBe(word | 0);
      }),
    );
  });

  test("refuses seeds that are not safe integers from 0", () => {
    for (const seed of [-1, 0.5, 2 ** 53, Number.NaN]) expect(() => streamKey(seed, "x")).toThrow(RangeError);
  });
});

describe("createRandom", () => {
  test("never changes: what a seed means is a promise", () => {
    const random = createRandom(streamKey(42, "init/0.weight"));
    expect(streamKey(42, "init/0.weight")).toEqual([-1190757381, 295518338]);
    expect(random.uniform()).toBe(0.9800733962103974);
    expect(random.uniform(24)).toBe(0.14598000049591064);
    expect(random.normal()).toBe(0.8869952365633886);
    expect(random.integer(1000)).toBe(674);
    expect([...random.permutation(8)]).toEqual([7, 1, 2, 4, 6, 3, 0, 5]);
    expect(random.position).toBe(12);
  });

  test("spreads numbers evenly over [0, 1): chi-squared over 100 bins", () => {
    for (const bits of [24, 53] as const) {
      const random = createRandom(streamKey(1, `uniform ${bits}`));
      const counts = new Array<number>(100).fill(0);
      let multiples = true;
      for (let i = 0; i < 100_000; i++) {
        const u = random.uniform(bits);
        multiples &&= Number.isInteger(u * 2 ** bits);
        counts[Math.floor(u * 100)]! += 1;
      }
      expect(multiples).toBe(true);
      const statistic = counts.reduce((total, count) => total + (count - 1000) ** 2 / 1000, 0);
      // 99 degrees of freedom: mean 99, standard deviation 14.
      expect(statistic).toBeGreaterThan(99 - 4 * 14);
      expect(statistic).toBeLessThan(99 + 4 * 14);
    }
  });

  test("draws normal numbers with the right moments and tails", () => {
    const random = createRandom(streamKey(2, "normal"));
    const values = draw(200_000, random.normal);
    const moment = (power: number) => mean(values.map((value) => value ** power));
    expect(Math.abs(moment(1))).toBeLessThan(0.01);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.015);
    expect(Math.abs(moment(3))).toBeLessThan(0.04);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1);
    expect(Math.abs(mean(values.map((value) => (Math.abs(value) > 1.959963984540054 ? 1 : 0))) - 0.05)).toBeLessThan(0.002);
  });

  test("gives streams, seeds and neighbouring positions that are not correlated", () => {
    const stream = (seed: number, name: string) => draw(20_000, createRandom(streamKey(seed, name)).uniform);
    const a = stream(7, "init/0.weight");
    for (const b of [stream(7, "init/1.weight"), stream(8, "init/0.weight"), [...a.slice(1), 0.5]])
      expect(Math.abs(correlation(a, b))).toBeLessThan(4 / Math.sqrt(20_000));
  });

  test("goes on from a saved position as if it had never stopped, whatever was drawn", () => {
    const draws = ["uniform", "normal", "integer", "permutation"] as const;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...draws)), fc.array(fc.constantFrom(...draws)), (before, after) => {
        const random = createRandom(streamKey(3, "resume"));
        const take = (from: typeof random, kind: (typeof draws)[number]) =>
          kind === "permutation" ? [...from.permutation(5)] : kind === "integer" ? from.integer(6) : from[kind]();
        for (const kind of before) take(random, kind);
        const resumed = createRandom(streamKey(3, "resume"), random.position);
        expect(after.map((kind) => take(random, kind))).toEqual(after.map((kind) => take(resumed, kind)));
        expect(random.position).toBe(resumed.position);
      }),
    );
  });

  test("reaches positions beyond 32 bits", () => {
    const far = createRandom([1, 2], 2 ** 32 + 5).uniform();
    expect(far).not.toBe(createRandom([1, 2], 5).uniform());
  });

  test("draws bounded integers without bias", () => {
    const random = createRandom(streamKey(4, "integer"));
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 60_000; i++) counts[random.integer(6)]! += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(4 * Math.sqrt(60_000 * (5 / 36)));
    expect(draw(100, () => random.integer(1))).toEqual(new Array(100).fill(0));
    expect(draw(100, () => random.integer(2 ** 32)).every((value) => value >= 0 && value < 2 ** 32)).toBe(true);
  });

  test("permutes: each number once, and each of the 24 orders of 4 equally often", () => {
    const random = createRandom(streamKey(5, "shuffle"));
    expect([...random.permutation(1000)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = random.permutation(4).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(4.5 * Math.sqrt(1000));
  });

  test("permutes by the numbers that it would draw one after the other, and goes on after them", () => {
    for (const n of [0, 1, 2, 3, 63, 64, 65, 500, 5000])
      for (const position of [0, 7, 2 ** 32 - 5]) {
        const [drawn, permuted] = [createRandom(streamKey(n, "p"), position), createRandom(streamKey(n, "p"), position)];
        const order = Int32Array.from({ length: n }, (_, index) => index);
        for (let i = n - 1; i > 0; i--) {
          const j = drawn.integer(i + 1);
          [order[i], order[j]] = [order[j] as number, order[i] as number];
        }
        expect(permuted.permutation(n, new Int32Array(n).fill(9))).toEqual(order);
        expect(permuted.position).toBe(drawn.position);
      }
  });
});
