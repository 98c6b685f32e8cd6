/** A thread that joins a team, takes part in no call, and dies in the middle of the first. */
import { parentPort, workerData } from "node:worker_threads";
import { CELLS } from "../../../src/engine/compiler/team/cells.ts";
import type { Invitation } from "../../../src/engine/index.ts";

const { memory, cells } = workerData as Invitation;
const shared = new Int32Array(memory.buffer, cells);
const call = CELLS.call / Int32Array.BYTES_PER_ELEMENT;
parentPort?.postMessage("joined");
const before = Atomics.load(shared, call);
Atomics.add(shared, CELLS.joined / Int32Array.BYTES_PER_ELEMENT, 1);
Atomics.wait(shared, call, before);
process.exit(3);
