/** The weights of a model or checkpoint, read from the server if they are few enough for a browser. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../shell/app-context.ts";
import { type ReadTensor, readSafetensors } from "./safetensors.ts";

/** Maximum weights that are read at all: 20 MB. */
export const MAX_WEIGHTS = 5_000_000;
/** Maximum weights of a network whose weights are read for every snapshot; for a larger one, only the model's are. */
const MAX_FOLLOWED = 50_000;
const MAX_KEPT = 100;

export interface ReadWeights {
  /** The newest tensors that were read; they stay while others are loading. */
  readonly tensors: readonly ReadTensor[] | null;
  readonly error: unknown;
}

/** Returns the weights of the snapshot that is shown, or, of a large network, those of its model. */
export function useWeights(parameters: number, model: string | null, snapshot: string | null): ReadWeights {
  const { api } = useApp();
  const ref = parameters <= MAX_FOLLOWED ? (snapshot ?? model) : parameters <= MAX_WEIGHTS ? model : null;
  const kept = useRef(new Map<string, readonly ReadTensor[]>());
  const [read, setRead] = useState<ReadWeights>({ tensors: null, error: null });
  useEffect(() => {
    if (ref === null) return;
    const known = kept.current.get(ref);
    if (known) {
      setRead({ tensors: known, error: null });
      return;
    }
    const abort = new AbortController();
    const load = async (): Promise<void> => {
      const { buffer } = await api.weights(ref, { signal: abort.signal });
      const tensors = readSafetensors(buffer);
      kept.current.set(ref, tensors);
      const [oldest] = kept.current.keys();
      if (kept.current.size > MAX_KEPT && oldest !== undefined) kept.current.delete(oldest);
      if (!abort.signal.aborted) setRead({ tensors, error: null });
    };
    load().catch((error: unknown) => !abort.signal.aborted && setRead((now) => ({ ...now, error })));
    return () => abort.abort();
  }, [api, ref]);
  return read;
}
