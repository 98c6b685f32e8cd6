import { expect, it } from "vitest";
import { createLocalBus } from "../../src/bus/local.ts";
import { busContract } from "../contract/bus.ts";

busContract("the local bus", async () => ({ bus: createLocalBus(() => undefined), close: () => Promise.resolve() }));

it("hands a subscriber's error to who made the bus", () => {
  const errors: unknown[] = [];
  const bus = createLocalBus((error) => errors.push(error));
  const trouble = new Error("a listener's own trouble");
  bus.subscribe("job_a", () => {
    throw trouble;
  });
  bus.publish("job_a");
  expect(errors).toEqual([trouble]);
});

it("says how far the sequence goes where whoever tells knows it", () => {
  const bus = createLocalBus(() => undefined);
  const heard: (number | undefined)[] = [];
  bus.subscribe("job_a", (seq) => heard.push(seq));
  bus.publish("job_a", 7);
  bus.publish("job_a");
  bus.publish("job_a", 9);
  bus.publishRemoved("job_a", "default");
  expect(heard).toEqual([7, undefined, 9, undefined]);
});
