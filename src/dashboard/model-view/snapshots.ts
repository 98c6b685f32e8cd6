/**
 * The moments of a job's training at which one can ask what it had learnt: its checkpoints, and the model that it came to.
 * They grow while it trains.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Checkpoint, Job, PredictionAnswer } from "../../client/answers.ts";
import { ApiError } from "../../client/error.ts";
import type { Cell } from "../plots/field.ts";
import type { Api } from "../shell/api.ts";
import { useApp } from "../shell/app-context.ts";

export interface Moment {
  /** The id of the checkpoint or model. */
  readonly id: string;
  /** Epochs done by then; null for a model of which that is not known. */
  readonly epoch: number | null;
  readonly isFinal: boolean;
  predict(rows: readonly Cell[][], signal: AbortSignal): Promise<PredictionAnswer[]>;
}

export interface Snapshots {
  /** In the order of training. */
  readonly list: readonly Moment[];
  /** Whether it is known which there are. */
  readonly known: boolean;
  readonly error: unknown;
}

/** Time between two looks for new checkpoints, at least. */
const LOOK_EVERY_MS = 400;
const MOST = 200;

/** The moment of a finished model. */
export function modelMoment(api: Api, id: string, epoch: number | null): Moment {
  return { id, epoch, isFinal: true, predict: (rows, signal) => api.predict(id, rows, { signal }) };
}

/** The moments of a job, looked for anew as its epochs go on. */
export function useSnapshots(job: Job | null): Snapshots {
  const { api } = useApp();
  const { data, error } = useCheckpoints(job);
  const modelId = job?.model?.id ?? null;
  // While it trains, each epoch would be another list.
  const lastEpoch = modelId === null ? null : (job?.epochs_done ?? null);
  return useMemo(() => {
    const checkpoints = (data ?? []).map((checkpoint) => checkpointMoment(api, checkpoint));
    const final = modelId ? [modelMoment(api, modelId, lastEpoch)] : [];
    // Where the last checkpoint has come to the same epoch, the model says the same.
    const list = [...checkpoints.filter(({ epoch }) => epoch !== lastEpoch), ...final];
    return { list, known: data !== null || error !== null, error: final.length > 0 ? null : error };
  }, [api, data, error, modelId, lastEpoch]);
}

function checkpointMoment(api: Api, { id, epoch }: Checkpoint): Moment {
  return { id, epoch, isFinal: false, predict: (rows, signal) => api.predictCheckpoint(id, rows, { signal }) };
}

/** The stored checkpoints of a job, oldest first; null until they are known. The same list as long as it has the same ones. */
function useCheckpoints(job: Job | null): { readonly data: readonly Checkpoint[] | null; readonly error: unknown } {
  const { api } = useApp();
  const [found, setFound] = useState<{ data: readonly Checkpoint[] | null; error: unknown }>({ data: null, error: null });
  const lastAt = useRef(0);
  const id = job?.id;
  useEffect(() => setFound({ data: null, error: null }), [id]);
  useEffect(() => {
    if (id === undefined) return;
    const abort = new AbortController();
    const look = async (): Promise<void> => {
      lastAt.current = performance.now();
      const page = await api.checkpoints(id, { limit: MOST }, { signal: abort.signal });
      const data = [...page.data].sort((a, b) => a.epoch - b.epoch || a.step - b.step);
      setFound((now) => ({ data: sameIds(now.data, data) ? now.data : data, error: null }));
    };
    const fail = (error: unknown): void => {
      if (abort.signal.aborted) return;
      // A server that keeps no checkpoints has none.
      const isUnknown = error instanceof ApiError && error.problem.status === 404;
      setFound((now) => (isUnknown ? { data: [], error: null } : { ...now, error }));
    };
    const wait = Math.max(0, lastAt.current + LOOK_EVERY_MS - performance.now());
    const timer = setTimeout(() => void look().catch(fail), wait);
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
