/** Replays the step of a slider: once the slider rests, one at a time, and cached for when it comes back. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Job, Replay, ReplayAsk } from "../../../client/answers.ts";
import { ApiError } from "../../../client/error.ts";
import { useApp } from "../../shell/app-context.ts";
import { type Resource, useResource } from "../../shell/resource.ts";

/** How long a slider must rest. */
const REST_MS = 150;
/** Time between two tries while another step is replayed. */
const BUSY_MS = 500;
/** Maximum cached answers: a few hundred kilobytes each at most. */
const MAX_KEPT = 32;

/** Replays the step when it has rested; null asks for nothing. */
export function useReplayedStep(job: Pick<Job, "id">, step: number | null, ask: readonly ReplayAsk[]): Resource<Replay> {
  const { api } = useApp();
  const kept = useRef(new Map<string, Replay>());
  const rested = useRested(step);
  return useResource(
    async (signal) => {
      if (rested === null) return new Promise<never>(() => undefined);
      const key = `${job.id} ${rested}`;
      const replay = kept.current.get(key) ?? (await inTurn(signal, () => api.replay(job.id, { step: rested, ask })));
      kept.current.set(key, replay);
      const [oldest] = kept.current.keys();
      if (kept.current.size > MAX_KEPT && oldest !== undefined) kept.current.delete(oldest);
      return replay;
    },
    [job.id, rested],
  );
}

/** Whether the error passes by itself: a project has one replay at a time, and the process two. */
const isBusy = (error: unknown): boolean => error instanceof ApiError && [429, 503].includes(error.problem.status);

/** The last request of the page. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Asks when the page's previous request has been answered, if the answer is still wanted then. A sent request is waited for: the server
 * computes it to its end, and would refuse the next one meanwhile.
 */
function inTurn<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  const own = last.then(() => {
    signal.throwIfAborted();
    return whileBusy(signal, ask);
  });
  last = own.catch(() => undefined);
  return own;
}

/** Asks again while others are replayed. */
async function whileBusy<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isBusy(error) || signal.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
    }
  }
}

/** The last value that stayed for a while. */
function useRested<T>(value: T): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}
