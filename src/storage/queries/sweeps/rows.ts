/** Converts rows of sweeps, trials and events to records of the domain, and back. Runs no query. */

import type { Sweep, SweepEvent, SweepProgress, SweepState, SweepTransition } from "../../../domain/sweeps/sweep.ts";
import type { ResolvedSweepSpec } from "../../../domain/sweeps/sweep-spec.ts";
import type { NewSweep } from "../../../domain/sweeps/sweep-store.ts";
import type { Trial, TrialCurve, TrialState } from "../../../domain/sweeps/trial.ts";
import { parseInSlices } from "../../parse-in-slices.ts";
import type { SweepEventsTable, SweepsTable, TrialsTable } from "../../tables.ts";
import { labelColumns, labelsOfRow, PRIORITY_STEP_MS } from "../rows.ts";

/** Returns the row of a sweep that was just submitted, with the sequence number 1 for its first event and chunk 0 for its planning. */
export function newSweepRow(sweep: NewSweep, project: string, transition: SweepTransition): SweepsTable {
  const { id, spec, source, chunkTrials, memoryBytes, bestJobId, createdAt } = sweep;
  return {
    id,
    project,
    name: spec.name,
    state: transition.state,
    spec: JSON.stringify(spec),
    source_bytes: source.byteLength,
    chunk_trials: chunkTrials,
    memory_bytes: memoryBytes,
    generation: 0,
    last_chunk: 0,
    last_seq: 1,
    succeeded: 0,
    pruned: 0,
    failed: 0,
    best_number: null,
    best_value: null,
    best_job_id: bestJobId,
    promoted: 0,
    error: null,
    transitions: JSON.stringify(transition),
    queue_key: createdAt - spec.job.priority * PRIORITY_STEP_MS,
    created_at: createdAt,
    started_at: null,
    finished_at: null,
    ...labelColumns(sweep.labels),
  };
}

/** Converts a row to a sweep, in slices where its spec is long. */
export async function readSweepRow(row: SweepsTable): Promise<Sweep> {
  return toSweep(row, (await parseInSlices(row.spec)) as ResolvedSweepSpec);
}

/** Converts a row to a sweep. */
export function toSweep(row: SweepsTable, spec = JSON.parse(row.spec) as ResolvedSweepSpec): Sweep {
  return {
    ...progressOf(row),
    id: row.id,
    project: row.project,
    name: row.name,
    state: row.state as SweepState,
    spec,
    chunkTrials: row.chunk_trials,
    memoryBytes: row.memory_bytes,
    lastSeq: row.last_seq,
    bestJobId: row.best_job_id,
    isPromoted: row.promoted === 1,
    error: row.error,
    transitions: JSON.parse(`[${row.transitions}]`) as SweepTransition[],
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    ...labelsOfRow(row),
  };
}

/** Returns a row's numbers of finished trials. */
export function progressOf({ succeeded, pruned, failed, generation, best_number, best_value }: SweepsTable): SweepProgress {
  const best = best_number === null || best_value === null ? null : { number: best_number, value: best_value };
  return { succeeded, pruned, failed, generation, best };
}

/** Converts a row to an event. */
export function toSweepEvent({ seq, type, payload }: SweepEventsTable): SweepEvent {
  return { seq, type, ...JSON.parse(payload) } as SweepEvent;
}

/** Returns the row of a trial. */
export function trialRow(sweepId: string, trial: Trial): TrialsTable {
  const { number, generation, state, parameters, value, projected_value, fold_values, epochs, seconds, sha256, reason, curve } =
    trial;
  return {
    ...{ sweep_id: sweepId, number, generation, state, value, projected_value, epochs, seconds, sha256, reason },
    parameters: JSON.stringify(parameters),
    fold_values: fold_values && JSON.stringify(fold_values),
    curve: curve && JSON.stringify(curve),
  };
}

/** Converts a row to a trial. */
export function toTrial(row: TrialsTable): Trial {
  const { number, generation, value, projected_value, epochs, seconds, sha256, reason } = row;
  return {
    number,
    generation,
    parameters: JSON.parse(row.parameters) as Trial["parameters"],
    state: row.state as TrialState,
    reason,
    value,
    projected_value,
    fold_values: row.fold_values === null ? null : (JSON.parse(row.fold_values) as number[]),
    epochs,
    seconds,
    sha256,
    curve: row.curve === null ? null : (JSON.parse(row.curve) as TrialCurve),
  };
}
