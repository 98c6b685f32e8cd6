/** Reads and changes how a model is monitored. */
import { notFound } from "../../domain/errors.ts";
import type { MonitorOptions } from "../../domain/monitoring/monitor-store.ts";
import { type MonitoringReport, reportOf } from "../../domain/monitoring/report.ts";
import { findModel } from "../models/find-model.ts";
import type { ProjectServices } from "../services.ts";

/** Returns what is known of a model in use, with its newest windows. Throws not_found. */
export async function readMonitoring(services: ProjectServices, ref: string, windows: number): Promise<MonitoringReport> {
  const model = await findModel(services, ref);
  const { monitors } = services.store;
  return reportOf({
    model,
    counts: services.computePool.counted.isOn,
    monitor: await monitors.get(model.id),
    windows: await monitors.listWindows(model.id, windows),
    sums: await monitors.sums(model.id),
  });
}

/** Changes how a model is monitored. Throws not_found. */
export async function configureMonitoring(
  services: ProjectServices,
  ref: string,
  changes: Partial<MonitorOptions>,
): Promise<MonitoringReport> {
  const model = await findModel(services, ref);
  if (!(await services.store.monitors.configure(model.id, changes, Date.now()))) throw notFound("model", ref);
  return readMonitoring(services, ref, 0);
}
