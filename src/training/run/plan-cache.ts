/**
 * Keeps what was planned for the same network before, so that its graph is not built and described again: a small job that is submitted
 * again and again spends more on its plan than on its epochs.
 */
import { createLru } from "../../domain/lru.ts";
import { operationCount, type Programs } from "../../engine/index.ts";

const MOST_PLANS = 16;
/** Most operations of the plans of a cache together: some 15 MB of graph and text. A small network has a hundred. */
const MOST_OPERATIONS = 20_000;

/** Returns a function that plans, or returns what it planned for equal arguments. They are compared as JSON. */
export function createPlanCache<Arguments extends readonly unknown[], Plan extends { readonly programs: Programs }>(
  plan: (...args: Arguments) => Plan,
): (...args: Arguments) => Plan {
  const kept = createLru<{ readonly operations: number; readonly plan: Plan }>({
    maxCount: MOST_PLANS,
    maxBytes: MOST_OPERATIONS,
    bytesOf: ({ operations }) => operations,
  });
  return (...args) => {
    const key = JSON.stringify(args);
    const known = kept.get(key);
    if (known) return known.plan;
    const planned = plan(...args);
    kept.set(key, { operations: operationCount(planned.programs), plan: planned });
    return planned;
  };
}
