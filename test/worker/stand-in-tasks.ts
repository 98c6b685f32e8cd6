/** Tasks for pools under test: the entry of a thread that hangs, hoards or answers, as it is told. */

import { threadId } from "node:worker_threads";

// A thread that cannot start.
if (process.env.STAND_IN_CANNOT_START) process.exit(4);

export function answer({ value }: { readonly value: unknown }): unknown {
  return value;
}

export const whoAmI = (): number => threadId;

/** Never returns, and never to its event loop: only the end of the thread ends it. */
export function hang(): never {
  for (;;);
}

/** Fills the heap of its thread. */
export function hoard(): number {
  const kept: unknown[] = [];
  for (;;) kept.push({ held: [kept.length] });
}

export function fail(): never {
  throw new Error("the task failed");
}

/** Ends its thread. */
export function exit(): never {
  process.exit(3);
}

/** As an upload thread's: a reader that never comes back from this file. */
export const read = hang;
export const digest = (): string => "0".repeat(64);
/** As a compute thread's. */
export const prepare = hang;
export const showRows = (): object => ({ total: 0, returned: 0, parts: [], features: [], targets: [] });

interface OfModel {
  readonly model: { readonly name: string };
}

/** Of models: hang where one is called `slow`. */
export const evaluate = ({ source }: { readonly source: OfModel }): object =>
  source.model.name === "slow" ? hang() : { ok: true, evaluation: { rows: 3 } };
export const compareOnDataset = ({ a }: { readonly a: OfModel }): object =>
  a.model.name === "slow" ? hang() : { ok: true, comparison: { rows: 3 } };
