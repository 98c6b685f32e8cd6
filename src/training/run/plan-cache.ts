/**
 * Caches the plan of an equal network, so that its graph is not built and described again: a small job that is submitted again and again
 * spends more on its plan than on its epochs.
 */
import { createLru } from "../../domain/memory/lru.ts";
import { constantCount, operationCount, type Programs } from "../../engine/index.ts";

const MAX_PLANS = 16;
/**
 * Most operations of the plans of a cache together: some 15 MB of graph and text. A small network has a hundred. As much memory as an operation
 * have 64 values of a constant (as numbers and as text), and a thousand characters of a key. A plan that is larger by itself is not kept.
 */
const MAX_OPERATIONS = 20_000;
const VALUES_AN_OPERATION = 64;
const CHARACTERS_AN_OPERATION = 1000;

/** Returns a function that plans, or returns what it planned for equal arguments. They are compared as JSON. */
export function createPlanCache<Arguments extends readonly unknown[], Plan extends { readonly programs: Programs }>(
  plan: (...args: Arguments) => Plan,
): (...args: Arguments) => Plan {
  const kept = createLru<{ readonly operations: number; readonly plan: Plan }>({
    maxCount: MAX_PLANS,
    maxBytes: MAX_OPERATIONS,
    bytesOf: ({ operations }) => operations,
  });
  return (...args) => {
    const key = JSON.stringify(args);
    const known = kept.get(key);
    if (known) return known.plan;
    const planned = plan(...args);
    const { programs } = planned;
    const operations =
      operationCount(programs) + constantCount(programs) / VALUES_AN_OPERATION + key.length / CHARACTERS_AN_OPERATION;
    kept.set(key, { operations, plan: planned });
    return planned;
  };
}
