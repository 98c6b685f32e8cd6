/** Changes a sweep on request: its labels, and its state (cancel, pause, resume, and delete). */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import type { LabelChanges } from "../../domain/labels.ts";
import type { Sweep, SweepState } from "../../domain/sweeps/sweep.ts";
import type { ProjectServices } from "../services.ts";
import { findSweep, notifySweepChanged } from "./sweep-view.ts";

/** Changes the tags and the note of a sweep, in whatever state it is. Throws not_found. */
export async function labelSweep(services: ProjectServices, id: string, changes: LabelChanges): Promise<Sweep> {
  const sweep = await services.store.sweeps.label(id, changes);
  if (!sweep) throw notFound("sweep", id);
  return sweep;
}

interface Change {
  readonly from: readonly SweepState[];
  readonly to: SweepState;
  readonly reason: string;
  /** The end of the error message for a sweep in any other state. */
  readonly refusal: string;
}

/** Cancels a sweep. Running trials end without a result. Throws not_found, and conflict for a sweep that has ended. */
export const cancelSweep = (services: ProjectServices, id: string): Promise<Sweep> =>
  change(services, id, {
    from: ["queued", "running", "paused"],
    to: "cancelled",
    reason: "cancel was requested",
    refusal: "there is nothing to cancel",
  });

/** Pauses a sweep. Running trials run again when it resumes. Throws not_found, and conflict. */
export const pauseSweep = (services: ProjectServices, id: string): Promise<Sweep> =>
  change(services, id, {
    from: ["queued", "running"],
    to: "paused",
    reason: "pause was requested",
    refusal: "only a queued or running sweep can be paused",
  });

/** Queues a paused sweep again; it continues with its first trial without a result. Throws not_found, and conflict. */
export const resumeSweep = (services: ProjectServices, id: string): Promise<Sweep> =>
  change(services, id, { from: ["paused"], to: "queued", reason: "resumed", refusal: "only a paused sweep can be resumed" });

async function change(services: ProjectServices, id: string, { from, to, reason, refusal }: Change): Promise<Sweep> {
  const moved = await services.store.sweeps.transition(id, from, { state: to, at: Date.now(), reason });
  if (moved) {
    await notifySweepChanged(services, moved);
    return moved;
  }
  const { state } = await findSweep(services, id);
  throw new TrainyardError("conflict", `the sweep is ${state}: ${refusal}`);
}

/** Deletes a sweep that has ended, with its trials and events. Promoted jobs stay. Throws not_found, and conflict. */
export async function removeSweep(services: ProjectServices, id: string): Promise<void> {
  const { store, bus } = services;
  const { project } = await findSweep(services, id);
  if (await store.sweeps.delete(id)) return bus.publishRemoved(id, project);
  const { state } = await findSweep(services, id);
  throw new TrainyardError("conflict", `the sweep is ${state}: cancel it before deleting it`);
}
