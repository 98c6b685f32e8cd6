import { expect, it } from "vitest";
import { createLru } from "../../../src/domain/memory/lru.ts";

const open = (maxCount: number, maxBytes: number) => createLru<string>({ maxCount, maxBytes, bytesOf: ({ length }) => length });

it("drops what was used longest ago when there are too many entries", () => {
  const cache = open(2, 100);
  cache.set("a", "1");
  cache.set("b", "2");
  cache.get("a");
  cache.set("c", "3");
  expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual(["1", undefined, "3"]);
});

it("drops entries until the rest fits the bytes", () => {
  const cache = open(10, 10);
  cache.set("a", "1234");
  cache.set("b", "1234");
  cache.set("c", "123456789");
  expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([undefined, undefined, "123456789"]);
});

it("does not keep, nor make room for, what is too large by itself", () => {
  const cache = open(10, 10);
  cache.set("a", "1234");
  cache.set("b", "12345678901");
  expect([cache.get("a"), cache.get("b")]).toEqual(["1234", undefined]);
});

it("counts a replaced or deleted entry no more", () => {
  const cache = open(10, 10);
  cache.set("a", "123456");
  cache.set("a", "12");
  cache.set("b", "12345678");
  expect(cache.get("a")).toBe("12");
  cache.delete("b");
  cache.delete("b");
  cache.set("c", "12345678");
  expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual(["12", undefined, "12345678"]);
});
