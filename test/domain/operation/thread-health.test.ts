import { expect, it } from "vitest";
import { createThreadHealth } from "../../../src/domain/operation/thread-health.ts";

it("names a pool that has had no thread for ten seconds, until it has one", () => {
  let now = 0;
  const health = createThreadHealth(() => now);
  const [compute, training] = [health.of("compute"), health.of("training")];
  compute(false);
  training(true);
  now = 9999;
  compute(false);
  expect(health.missing()).toEqual([]);
  now = 10_000;
  expect(health.missing()).toEqual(["compute"]);
  training(false);
  expect(health.missing()).toEqual(["compute"]);
  compute(true);
  expect(health.missing()).toEqual([]);
});
