/** A spec with only a table and the column to predict. Pure. */
import type { JsonObject } from "./draft.ts";

/** Returns a spec with only the data: a search finds the best model for it. */
export function datasetSpec(id: string, target: string): JsonObject {
  return { data: { dataset: { id, target } }, seed: 0 };
}
