/** The spec that says nothing but which table, and which column to predict. Pure. */
import type { JsonObject } from "./draft.ts";

/** Returns a spec that says nothing but the data: the best model for it is searched for. */
export function datasetSpec(id: string, target: string): JsonObject {
  return { data: { dataset: { id, target } }, seed: 0 };
}
