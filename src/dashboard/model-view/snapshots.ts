/** The snapshots of a job's training that can predict: its checkpoints, and its model at the end. They grow while it trains. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Checkpoint, Job, PredictionAnswer } from "../../client/answers.ts";
import { ApiError } from "../../client/error.ts";
import type { Cell } from "../plots/field.ts";
import type { Api } from "../shell/api.ts";
import { useApp } from "../shell/app-context.ts";

export interface Snapshot {
  /** The id of the checkpoint or model. */
  readonly id: string;
  /** Completed epochs; null for a model if that is not known. */
  readonly epoch: number | null;
  /** Completed steps of the next epoch. */
  readonly step: number;
  readonly isFinal: boolean;
  predict(rows: readonly Cell[][], signal: AbortSignal): Promise<PredictionAnswer[]>;
}

export interface Snapshots {
  /** In the order of training. */
  readonly list: readonly Snapshot[];
  /** Whether the list was read. */
  readonly known: boolean;
  readonly error: unknown;
}

/** Minimum time between two readings of the checkpoints. */
const POLL_MS = 400;
const MAX_CHECKPOINTS = 200;

/** Returns the snapshot of a finished model. */
export function modelSnapshot(api: Api, id: string, epoch: number | null): Snapshot {
  return { id, epoch, step: 0, isFinal: true, predict: (rows, signal) => api.predict(id, rows, { counted: false, signal }) };
}

/** Returns the snapshots of a job, read again as its epochs grow. */
export function useSnapshots(job: Job | null): Snapshots {
  const { api } = useApp();
  const { data, error } = useCheckpoints(job);
  const modelId = job?.model?.id ?? null;
  // Only once there is a model: during training, each epoch would make another list.
  const best = job?.metrics?.best.epoch;
  const modelEpoch = modelId !== null && typeof best === "number" ? best : null;
  return useMemo(() => {
    const checkpoints = (data ?? []).map((checkpoint) => checkpointSnapshot(api, checkpoint));
    const final = modelId ? [modelSnapshot(api, modelId, modelEpoch)] : [];
    // A checkpoint of the epoch whose weights the model has predicts the same.
    const list = [...checkpoints.filter(({ epoch }) => epoch !== modelEpoch), ...final];
    return { list, known: data !== null || error !== null, error: final.length > 0 ? null : error };
  }, [api, data, error, modelId, modelEpoch]);
}

function checkpointSnapshot(api: Api, { id, epoch, step }: Checkpoint): Snapshot {
  return { id, epoch, step, isFinal: false, predict: (rows, signal) => api.predictCheckpoint(id, rows, { signal }) };
}

/** The stored checkpoints of a job, oldest first; null until they are read. The same array for as long as they are the same. */
function useCheckpoints(job: Job | null): { readonly data: readonly Checkpoint[] | null; readonly error: unknown } {
  const { api } = useApp();
  const [found, setFound] = useState<{ data: readonly Checkpoint[] | null; error: unknown }>({ data: null, error: null });
  const lastAt = useRef(0);
  const id = job?.id;
  useEffect(() => setFound({ data: null, error: null }), [id]);
  useEffect(() => {
    if (id === undefined) return;
    const abort = new AbortController();
    const load = async (): Promise<void> => {
      lastAt.current = performance.now();
      const page = await api.checkpoints(id, { limit: MAX_CHECKPOINTS }, { signal: abort.signal });
      const data = [...page.data].sort((a, b) => a.epoch - b.epoch || a.step - b.step);
      setFound((now) => ({ data: sameIds(now.data, data) ? now.data : data, error: null }));
    };
    const fail = (error: unknown): void => {
      if (abort.signal.aborted) return;
      // A server without checkpoints has none.
      const isUnknown = error instanceof ApiError && error.problem.status === 404;
      setFound((now) => (isUnknown ? { data: [], error: null } : { ...now, error }));
    };
    const wait = Math.max(0, lastAt.current + POLL_MS - performance.now());
    const timer = setTimeout(() => void load().catch(fail), wait);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [api, id, job?.epochs_done, job?.state]);
  return found;
}

function sameIds(a: readonly Checkpoint[] | null, b: readonly Checkpoint[]): boolean {
  return a?.length === b.length && b.every(({ id }, index) => a[index]?.id === id);
}
