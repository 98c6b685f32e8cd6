/** How much each parameter of a sweep matters, computed from the trials with a result. */
import type { SweepImportance } from "../../domain/sweeps/sweep-importance.ts";
import type { ProjectServices } from "../services.ts";
import { readResults } from "./results.ts";
import { findSweep } from "./sweep-view.ts";

/** Maximum trials used: above it, every n-th by number. This limits what is read, and the shares change little. */
const MAX_RATED = 10_000;

/** Returns the importance of a sweep's parameters. Throws not_found. */
export async function readImportance(services: ProjectServices, id: string): Promise<SweepImportance> {
  const { store, computePool } = services;
  const { spec } = await findSweep(services, id);
  const results = await readResults(store, id, Math.ceil(spec.trials / MAX_RATED));
  const source = await store.sweeps.readSource(id);
  // It may have been deleted in the meantime.
  if (!source) return { trials: 0, importances: [] };
  return computePool.importance(source, spec, results);
}
