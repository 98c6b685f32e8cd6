/** The weights of a model or checkpoint, read from the server where they are few enough to be looked at in a browser. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../shell/app-context.ts";
import { type ReadTensor, readSafetensors } from "./safetensors.ts";

/** Most weights that are read: 20 MB. Of a larger network only the finished model's are, and none above this. */
export const MOST_WEIGHTS = 5_000_000;
/** Most weights of a network whose weights follow while one goes back and forth through its training. */
const MOST_FOLLOWED = 50_000;
const KEPT = 100;

export interface ReadWeights {
  /** Those of the newest one that was read; they stay while another one's are. */
  readonly tensors: readonly ReadTensor[] | null;
  readonly error: unknown;
}

/** The weights at the moment that is looked at, or, of a large network, those of its model. */
export function useWeights(parameters: number, model: string | null, moment: string | null): ReadWeights {
  const { api } = useApp();
  const ref = parameters <= MOST_FOLLOWED ? (moment ?? model) : parameters <= MOST_WEIGHTS ? model : null;
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
      if (kept.current.size > KEPT && oldest !== undefined) kept.current.delete(oldest);
      if (!abort.signal.aborted) setRead({ tensors, error: null });
    };
    load().catch((error: unknown) => !abort.signal.aborted && setRead((now) => ({ ...now, error })));
    return () => abort.abort();
  }, [api, ref]);
  return read;
}
