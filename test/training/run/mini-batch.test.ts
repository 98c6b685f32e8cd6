import { expect, it } from "vitest";
import { createRandom, streamKey } from "../../../src/engine/index.ts";
import { createOrders } from "../../../src/training/run/mini-batch.ts";

it("rows are shuffled once an epoch, however often it goes on, and by the number of the epoch alone", () => {
  const orderOf = createOrders({ shuffle: true, seed: 3 }, 50);
  const drawn = (epoch: number) => createRandom(streamKey(3, `shuffle/${epoch}`)).permutation(50);
  const first = orderOf(7);
  expect(first).toEqual(drawn(7));
  expect(orderOf(7)).toBe(first);
  expect(orderOf(8)).toEqual(drawn(8));
  expect(orderOf(7)).toEqual(first);
  const inOrder = createOrders({ shuffle: false, seed: 3 }, 3);
  expect([...inOrder(1)]).toEqual([0, 1, 2]);
  expect(inOrder(2)).toBe(inOrder(1));
});
