import fc from "fast-check";
import { expect, it } from "vitest";
import { parseInSlices } from "../../src/storage/parse-in-slices.ts";

const many = (value: unknown, count = 5000) => Array.from({ length: count }, () => value);

it("reads what JSON.parse reads", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (value) => {
      for (const document of [{ value }, { many: many(value), value }, [many(value), value, { "a}]": many(value) }]]) {
        const text = JSON.stringify(document);
        // As texts, which are compared faster than values.
        expect(JSON.stringify(await parseInSlices(text))).toBe(JSON.stringify(JSON.parse(text)));
      }
    }),
    { numRuns: 5 },
  );
});

it("reads texts with quotes, slashes and brackets, and members named like those of every object", async () => {
  const texts = many(["\\", '\\"', '"]}', "[{", 'a\\\\"', ",", ""]);
  const text = `{"__proto__":${JSON.stringify(texts)},"own":[${JSON.stringify(texts)}],"constructor":{"__proto__":1}}`;
  const read = (await parseInSlices(text)) as Record<string, unknown>;
  expect(Object.keys(read)).toEqual(["__proto__", "own", "constructor"]);
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  expect(JSON.stringify(read)).toBe(text);
});

it("gives the event loop a turn after some of a long document", async () => {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await parseInSlices(JSON.stringify([many("a text of some forty characters, or fewer", 50_000), many({ a: [1] })]));
  isOver = true;
  expect(turns).toBeGreaterThan(3);
});

it("refuses what is no JSON", async () => {
  for (const text of ["{", `[${"1,".repeat(40_000)}]`, `{"a":[${"1 ".repeat(40_000)}]}`])
    await expect(parseInSlices(text)).rejects.toThrow(SyntaxError);
});
