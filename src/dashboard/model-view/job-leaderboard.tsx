/** The leaderboard of a job that searches for its model: it fills while candidates are trained, and has their shares at the end. */
import { useMemo } from "preact/hooks";
import type { Job, Model } from "../../client/answers.ts";
import { NO_POINTS } from "../charts/point-table.ts";
import { isOver } from "../jobs/job-reading.ts";
import { leaderboardOfCurves, leaderboardOfModel } from "../jobs/leaderboard-rows.ts";
import { useFollowed } from "../jobs/use-followed.ts";
import { useApp } from "../shell/app-context.ts";
import { useResource } from "../shell/resource.ts";
import { LinkButton } from "../ui/button.tsx";
import { Empty, Problem, Skeleton } from "../ui/surfaces.tsx";
import { LeaderboardCard } from "./leaderboard.tsx";

export interface JobLeaderboardProps {
  readonly job: Job;
  /** Whether links to its model are left out, because that is shown beside it. */
  readonly bare?: boolean;
}

export function JobLeaderboard({ job, bare = false }: JobLeaderboardProps) {
  const { api } = useApp();
  const { followed, version } = useFollowed(job.id);
  const id = job.model?.id ?? null;
  const { data: model } = useResource(
    async (signal): Promise<Model | null> => (id === null ? null : api.model(id, { signal }).catch(() => null)),
    [id],
  );
  const points = useMemo(() => followed?.curves.view(null) ?? NO_POINTS, [followed, version]);
  const live = useMemo(() => leaderboardOfCurves(job, points), [job.spec, points]);
  const leaderboard = model?.search ? leaderboardOfModel(model.search) : live;
  if (!leaderboard) return null;
  const isEmpty = leaderboard.rows.length === 0;
  if (followed?.error && isEmpty) return <Problem error={followed.error} retry={followed.retry} />;
  if (!followed?.known && isEmpty) return <Skeleton height="360px" />;
  if (isEmpty && isOver(job))
    return (
      <div class="card">
        <Empty icon="clock" title="The job ended before its first candidate" />
      </div>
    );
  return (
    <div class="stack">
      {model && !bare && (
        <div class="row wrap">
          <LinkButton icon="bolt" href={`/models/${model.id}?tab=predict`}>
            Predict with it
          </LinkButton>
          <LinkButton icon="cube" href={`/models/${model.id}`}>
            {model.name} v{model.version}
          </LinkButton>
        </div>
      )}
      <LeaderboardCard leaderboard={leaderboard} searching={!isOver(job)} />
    </div>
  );
}
