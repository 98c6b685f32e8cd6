/**
 * The queue positions of queued jobs. Lists do not have them, and no message says that a job has moved up. So for the queued jobs on the
 * screen they are read when these come into view and when another job has left the queue, at most once a second.
 */
import { useEffect, useRef } from "preact/hooks";
import type { JobBoard } from "../../live/board.ts";
import type { Api } from "../../shell/api.ts";

const AT_MOST_EVERY_MS = 1000;
const MAX_JOBS = 20;

/** Keeps the queue positions of the shown jobs up to date on the board. */
export function useQueuePositions(api: Api, board: JobBoard, shown: readonly string[]): void {
  const latest = useRef(shown);
  latest.current = shown;
  const ask = useRef(() => {});
  useEffect(() => {
    const abort = new AbortController();
    let timer: number | undefined;
    const states = new Map<string, string>();
    const read = async (): Promise<void> => {
      const queued = latest.current.filter((id) => board.get(id)?.state === "queued").slice(0, MAX_JOBS);
      for (const id of queued) {
        const job = await api.job(id, { signal: abort.signal }).catch(() => null);
        if (abort.signal.aborted) return;
        if (job) board.put(job);
      }
    };
    ask.current = () => {
      timer ??= window.setTimeout(() => {
        timer = undefined;
        void read();
      }, AT_MOST_EVERY_MS);
    };
    const stop = board.watch((message) => {
      if (message.type === "removed") return ask.current();
      const { id, state } = message.job;
      if (states.get(id) !== state && state !== "queued") ask.current();
      states.set(id, state);
    });
    return () => {
      stop();
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [api, board]);
  const key = shown.filter((id) => board.get(id)?.state === "queued" && !board.get(id)?.queue).join();
  useEffect(() => {
    if (key) ask.current();
  }, [key]);
}
