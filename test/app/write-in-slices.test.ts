import fc from "fast-check";
import { expect, it } from "vitest";
import { isOneSlice, writeInSlices } from "../../src/app/write-in-slices.ts";

/** A value that is repeated until it takes many slices. */
const many = (value: unknown, count = 10_000) => Array.from({ length: count }, () => value);

/** Counts turns of the event loop while something is awaited. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await work;
  isOver = true;
  return turns;
}

it("writes what JSON.stringify writes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (value) => {
      for (const object of [{ value }, { many: many(value), value }, [many(value), value]])
        expect(await writeInSlices(object)).toBe(JSON.stringify(object));
    }),
    { numRuns: 5 },
  );
});

it("leaves out, or writes as null, what JSON lacks", async () => {
  const odd = { a: undefined, b: () => 1, c: [undefined, Number.NaN], d: new Date(0), e: {}, f: [], "": null };
  const objects = [
    { ...odd, many: many(odd) },
    { many: many(undefined) },
    [many({}), undefined, many(null)],
    many(many(1).slice(0, 3)),
  ];
  for (const object of objects) expect(await writeInSlices(object)).toBe(JSON.stringify(object));
});

it("gives the event loop a turn after each slice, of arrays, of objects and of texts", async () => {
  const wide = Object.fromEntries(many(1, 50_000).map((one, index) => [`member ${index}`, one]));
  for (const object of [
    many(1.5, 50_000),
    wide,
    many("a text of some forty characters, or fewer", 50_000),
    [[[many(0, 50_000)]]],
  ]) {
    expect(isOneSlice(object)).toBe(false);
    expect(await turnsOf(writeInSlices(object))).toBeGreaterThan(2);
  }
  expect(isOneSlice({ small: [1, 2, 3] })).toBe(true);
});
