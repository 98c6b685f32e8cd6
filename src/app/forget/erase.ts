/**
 * The steps of erasing: names move to the models without the rows, then everything that saw the rows is deleted. Every step may be
 * repeated.
 */
import type { ForgetDocument } from "../../domain/forget/forget.ts";
import { copyMonitoringOptions } from "../monitoring/copy-monitoring-options.ts";
import type { ProjectServices } from "../services.ts";

/** Moves aliases, tags and monitoring options to the new models. Aliases of a model that is not trained again are removed. */
export async function moveNames(services: ProjectServices, { models }: ForgetDocument): Promise<void> {
  const { store } = services;
  for (const { model: erased, replaced_by: now } of models) {
    const old = erased && (await store.models.get(erased.id));
    if (!old) continue;
    if (now) await copyMonitoringOptions(services, old.id, now.id);
    for (const alias of old.aliases) {
      // The new model may have been deleted in the meantime.
      const moved = now && (await store.models.setAlias(old.name, alias, now.version));
      if (!moved) await store.models.deleteAlias(old.name, alias);
    }
    if (now && Object.keys(old.tags).length > 0) await store.models.tag(now.id, old.tags);
  }
}

/** Erases data sets, sweeps, jobs and models. Returns what still uses a data set, or null when all is gone. */
export async function eraseRecords(services: ProjectServices, document: ForgetDocument): Promise<string | null> {
  const { store, bus, computePool } = services;
  const { datasets, models, sweeps } = document;
  // Data sets first: from then on no job can be submitted on them.
  for (const { id } of datasets) {
    const { usedBy } = await store.datasets.delete(id);
    if (usedBy !== null) return usedBy;
  }
  for (const { id } of sweeps) {
    const sweep = await store.sweeps.get(id);
    if (sweep && (await store.sweeps.delete(id))) bus.publishRemoved(id, sweep.project);
    else if (sweep) return id;
  }
  for (const { job: id, model } of models) {
    const job = id === null ? null : await store.jobs.get(id);
    if (job && (await store.jobs.delete(job.id))) bus.publishRemoved(job.id, job.project);
    else if (job) return job.id;
    if (!model) continue;
    const { aliases } = await store.models.delete(model.id);
    if (aliases.length > 0) return `${model.name}@${aliases[0]}`;
    computePool.forget(model.id);
  }
  const ids = [...datasets, ...sweeps].map(({ id }) => id);
  const trained = models.flatMap(({ job, model }) => [job ?? [], model?.id ?? []].flat());
  await store.forgets.eraseTraces([...ids, ...trained], Date.now());
  return null;
}
