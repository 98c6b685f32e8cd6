/** The jobs that are compared and their curves, read and followed while they are shown. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Job } from "../../../client/answers.ts";
import type { ProblemDocument } from "../../../client/error.ts";
import type { Span } from "../../charts/curves.ts";
import { type FollowedCurves, followCurves } from "../../jobs/follow-curves.ts";
import { useApp } from "../../shell/app-context.ts";
import { asProblem } from "../../shell/problem.ts";
import { useStore } from "../../shell/store.ts";

/** Points of each job; together they are about as many as one job has on its own page. */
const POINTS = 1200;

export interface Compared {
  readonly id: string;
  /** Undefined until it is read. */
  readonly job: Job | undefined;
  /** Why it could not be read. */
  readonly problem: ProblemDocument | undefined;
}

/** Returns the jobs of these ids, live. */
export function useCompared(ids: readonly string[]): readonly Compared[] {
  const { api, board, live } = useApp();
  const generation = useStore(live.generation);
  const [problems, setProblems] = useState<ReadonlyMap<string, Compared["problem"]>>(new Map());
  const [, redraw] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    for (const id of ids)
      api.job(id, { signal: abort.signal }).then(
        (job) => board.put(job),
        (error: unknown) => !abort.signal.aborted && setProblems((now) => new Map(now).set(id, asProblem(error))),
      );
    return () => abort.abort();
  }, [ids, generation, api, board]);
  useEffect(
    () =>
      board.watch((message) => {
        if (ids.includes(message.type === "job" ? message.job.id : message.id)) redraw((count) => count + 1);
      }),
    [ids, board],
  );
  return ids.map((id) => {
    const job = board.get(id);
    return { id, job, problem: job ? undefined : problems.get(id) };
  });
}

/** Returns the curves of these jobs, by id. `version` grows with every change. */
export function useCurves(ids: readonly string[], zoom: Span | null) {
  const { api, live } = useApp();
  const followed = useRef(new Map<string, FollowedCurves>());
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const { current } = followed;
    for (const [id, curves] of current) {
      if (ids.includes(id)) continue;
      curves.stop();
      current.delete(id);
    }
    const onChange = () => setVersion((count) => count + 1);
    for (const id of ids) if (!current.has(id)) current.set(id, followCurves({ api, live, id, points: POINTS, onChange }));
    onChange();
  }, [ids, api, live]);
  useEffect(() => {
    for (const curves of followed.current.values()) curves.focus(zoom);
  }, [ids, zoom]);
  useEffect(
    () => () => {
      for (const curves of followed.current.values()) curves.stop();
    },
    [],
  );
  return { followed: followed.current, version };
}

/** Returns the same array for as long as it has the same ids. */
export function useSteadyIds(ids: readonly string[]): readonly string[] {
  const key = ids.join();
  return useMemo(() => ids, [key]);
}
