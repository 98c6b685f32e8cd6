/** Reads and changes how a model is monitored. */
import { invalid, notFound } from "../../domain/errors.ts";
import type { Model } from "../../domain/models/model.ts";
import { type ShownAskedRow, showAskedRow } from "../../domain/monitoring/asked-rows.ts";
import { JUDGED_ANSWERS } from "../../domain/monitoring/live-score.ts";
import type { MonitorOptions } from "../../domain/monitoring/monitor-store.ts";
import { type MonitoringReport, reportOf } from "../../domain/monitoring/report.ts";
import type { Page } from "../../domain/page.ts";
import { findModel } from "../models/find-model.ts";
import type { ProjectServices } from "../services.ts";

/** Returns the monitoring of a model, with its newest windows. Throws not_found. */
export async function readMonitoring(services: ProjectServices, ref: string, windows: number): Promise<MonitoringReport> {
  const model = await findModel(services, ref);
  const { monitors } = services.store;
  return reportOf({
    model,
    counts: services.computePool.counted.isOn,
    monitor: await monitors.get(model.id),
    windows: await monitors.listWindows(model.id, windows),
    sums: await monitors.sums(model.id),
    recent: await monitors.sums(model.id, JUDGED_ANSWERS),
  });
}

/** Returns a page of the sample of rows that a model was asked, newest first; empty if none is kept. Throws not_found. */
export async function listAskedRows(
  services: ProjectServices,
  ref: string,
  page: { readonly before: number | null; readonly limit: number },
): Promise<Page<ShownAskedRow>> {
  const model = await findModel(services, ref);
  const found = await services.store.monitors.listRows(model.id, page);
  return { ...found, data: found.data.map((row) => showAskedRow(model, row)) };
}

/** Changes how a model is monitored. Throws not_found, and invalid for options that have no effect on a model that is compared with nothing. */
export async function configureMonitoring(
  services: ProjectServices,
  ref: string,
  changes: Partial<MonitorOptions>,
): Promise<MonitoringReport> {
  const model = await findModel(services, ref);
  assertComparable(model, changes);
  const monitor = await services.store.monitors.configure(model.id, changes, Date.now());
  if (!monitor) throw notFound("model", ref);
  services.computePool.counted.sample(model.id, monitor.enabled && monitor.sampleRows > 0);
  return readMonitoring(services, ref, 0);
}

function assertComparable({ reference, score }: Model, { sampleRows = 0, webhook = null }: Partial<MonitorOptions>): void {
  if (reference) return;
  const cure = "the model was imported, is a checkpoint, or was trained by an older server; train it again";
  const errors = [
    ...(sampleRows > 0
      ? [{ pointer: "/sample", detail: `cannot keep rows of this model, which is not monitored: ${cure}` }]
      : []),
    // Labels of a model with a score can still be worse than it.
    ...(webhook !== null && !score
      ? [{ pointer: "/webhook", detail: `would never be sent anything about this model, which is not monitored: ${cure}` }]
      : []),
  ];
  if (errors.length > 0) throw invalid(errors);
}
