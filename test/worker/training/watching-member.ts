/** A thread that joins no team: it tells how many threads the team may have, whenever that changes. */
import { setTimeout as delay } from "node:timers/promises";
import { workerData } from "node:worker_threads";
import { CELLS } from "../../../src/engine/compiler/team/cells.ts";
import type { Invitation } from "../../../src/engine/index.ts";

const { memory, cells } = workerData as Invitation;
const shared = new Int32Array(memory.buffer, cells);
const channel = new BroadcastChannel("threads of a team");
let last = 0;
for (;;) {
  const now = Atomics.load(shared, CELLS.limit / Int32Array.BYTES_PER_ELEMENT);
  if (now !== last) channel.postMessage(now);
  last = now;
  await delay(1);
}
