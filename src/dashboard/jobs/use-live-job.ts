/** One job by its id: read once, then kept live by the board. */
import { useEffect } from "preact/hooks";
import type { Job } from "../../client/answers.ts";
import { useJob } from "../live/board.ts";
import { useApp } from "../shell/app-context.ts";
import { useResource } from "../shell/resource.ts";
import { useStore } from "../shell/store.ts";

export interface LiveJob {
  /** Undefined before it is read, null once it is deleted. */
  readonly job: Job | null | undefined;
  /** Its notes, which only a reading of the one job has. */
  readonly notes: NonNullable<Job["notes"]>;
  readonly error: unknown;
  reload(): void;
}

/** Reads a job, again after each break of the connection, and follows its changes. */
export function useLiveJob(id: string): LiveJob {
  const { api, board, live } = useApp();
  const generation = useStore(live.generation);
  const { data, error, reload } = useResource((signal) => api.job(id, { signal }), [id, generation]);
  useEffect(() => {
    if (data) board.put(data);
  }, [data, board]);
  return { job: useJob(board, id), notes: data?.notes ?? [], error, reload };
}
