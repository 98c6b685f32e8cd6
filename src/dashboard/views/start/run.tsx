/** The results of a job as they arrive: its progress and leaderboard, then its score, and the model to ask. */
import type { Job, Model } from "../../../client/answers.ts";
import { searchOf, stepName } from "../../../client/search.ts";
import { isOver, isTraining } from "../../jobs/job-reading.ts";
import { useLiveJob } from "../../jobs/use-live-job.ts";
import { JobLeaderboard } from "../../model-view/job-leaderboard.tsx";
import { ScoreCard } from "../../model-view/score-card.tsx";
import { WarningCards } from "../../model-view/warning-cards.tsx";
import { PredictView } from "../../predict/predict-view.tsx";
import { useApp } from "../../shell/app-context.ts";
import { formatCount, formatDuration } from "../../shell/format.ts";
import { useResource } from "../../shell/resource.ts";
import { LinkButton } from "../../ui/button.tsx";
import { Progress, StateBadge, stateTone } from "../../ui/state-badge.tsx";
import { Notice, Problem, Skeleton } from "../../ui/surfaces.tsx";

export function Run({ id }: { readonly id: string }) {
  const { api } = useApp();
  const { job, error, reload } = useLiveJob(id);
  const ref = job?.model?.id ?? null;
  const model = useResource(async (signal): Promise<Model | null> => (ref === null ? null : api.model(ref, { signal })), [ref]);
  if (job === null) return <Notice title="This job has been deleted" />;
  if (!job) return error ? <Problem error={error} retry={reload} /> : <Skeleton height="320px" />;
  return (
    <>
      <RunHead job={job} />
      {job.error && (
        <Notice tone="bad" title={`Failed: ${job.error.code}`}>
          {job.error.detail}
        </Notice>
      )}
      {model.error ? <Problem error={model.error} retry={model.reload} /> : null}
      {model.data?.score && <ScoreCard score={model.data.score} />}
      {model.data && <WarningCards job={job} />}
      {model.data && <PredictView model={model.data} modelRef={model.data.id} />}
      <JobLeaderboard job={job} bare />
    </>
  );
}

function RunHead({ job }: { readonly job: Job }) {
  const { spec, epochs_done, state, model } = job;
  const steps = `${formatCount(epochs_done)} of ${formatCount(spec.epochs)} ${stepName(spec)}s`;
  return (
    <section class="card card-body stack" aria-label="Training">
      <div class="row wrap">
        <strong class="truncate">{job.name}</strong>
        <StateBadge state={state} />
        <span class="muted grow" role="status">
          {isOver(job)
            ? steps
            : `${steps}${isTraining(job) && job.eta_s !== null ? `, about ${formatDuration(job.eta_s)} left` : ""}`}
        </span>
        <LinkButton small href={`/jobs/${job.id}`} icon="list">
          The job
        </LinkButton>
        {model && (
          <LinkButton small href={`/models/${model.id}`} icon="cube">
            The model
          </LinkButton>
        )}
      </div>
      <Progress share={job.progress} tone={stateTone(state)} label={searchOf(spec) ? "Candidates done" : "Epochs done"} />
    </section>
  );
}
