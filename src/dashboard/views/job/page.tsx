/** The view of one job: its state, progress and results, with curves and the rest under tabs. */
import type { Job } from "../../../client/answers.ts";
import { divergenceFacts } from "../../../client/divergence.ts";
import { type StepName, searchOf, stepName } from "../../../client/search.ts";
import { datasetOf, useDatasetNames } from "../../jobs/dataset-names.ts";
import { describeSpec, isTraining, meanSpeed, resultEpoch, scoreOf, trainedSeconds } from "../../jobs/job-reading.ts";
import { useLiveJob } from "../../jobs/use-live-job.ts";
import { ScoreLine } from "../../model-view/score-card.tsx";
import { isWarning } from "../../model-view/warnings.ts";
import { useTitle } from "../../shell/app-context.ts";
import { useNow } from "../../shell/clock.ts";
import { formatCompact, formatCount, formatDuration, formatRate, formatValue } from "../../shell/format.ts";
import type { ViewProps } from "../../shell/view.ts";
import { LinkButton } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Notes } from "../../ui/notes.tsx";
import { Progress, StateBadge, stateTone } from "../../ui/state-badge.tsx";
import { type Fact, Facts, Notice, Problem, Skeleton, Tabs } from "../../ui/surfaces.tsx";
import { Actions } from "./actions.tsx";
import { tabsOf } from "./tabs.ts";

export default function JobPage({ params, query }: ViewProps) {
  const id = params.id ?? "";
  const { job, notes, error, reload } = useLiveJob(id);
  useTitle(job ? `${job.name} · ${job.state}` : "Job");
  if (job === null) return <Gone />;
  if (!job) return error ? <Problem error={error} retry={reload} /> : <PageSkeleton />;
  const tabs = tabsOf(job);
  const tab = tabs.find(({ key }) => key === query.get("tab")) ?? tabs[0];
  return (
    <div class="page">
      <Head job={job} />
      <Fault job={job} />
      <Notes
        notes={tab.key === "model" && job.model ? notes.filter((note) => !isWarning(note)) : notes}
        title="Notes on the data"
      />
      {job.score && <ScoreLine score={job.score} />}
      <Facts facts={factsOf(job, useNowWhile(isTraining(job)))} />
      <Tabs
        label="Views of the job"
        tabs={tabs.map(({ key, label }, index) => ({
          href: `/jobs/${id}${index === 0 ? "" : `?tab=${key}`}`,
          label,
          current: key === tab.key,
        }))}
      />
      <tab.Component job={job} />
    </div>
  );
}

function Head({ job }: { readonly job: Job }) {
  const dataset = datasetOf(job.spec);
  const names = useDatasetNames(dataset === null ? [] : [dataset]);
  return (
    <div>
      <nav class="breadcrumb" aria-label="Path">
        <a href="/jobs">Jobs</a>
        <Icon name="chevron_right" size={12} />
        <span class="truncate">{job.id}</span>
      </nav>
      <div class="page-head job-title">
        <h1 class="truncate" tabIndex={-1}>
          {job.name}
        </h1>
        <StateBadge state={job.state} />
        <span class="muted truncate">
          {describeSpec(job, names)}
          {!searchOf(job.spec) && ` · ${formatCount(job.parameters)} ${job.parameters === 1 ? "parameter" : "parameters"}`}
        </span>
        <Actions job={job} />
      </div>
      <Progress share={job.progress} tone={stateTone(job.state)} label={STEPS_DONE[stepName(job.spec)]} />
    </div>
  );
}

const STEPS_DONE: Readonly<Record<StepName, string>> = {
  epoch: "Epochs done",
  candidate: "Candidates done",
  cut: "Cuts done",
  training: "Trainings done",
};

/** Why the job failed. */
function Fault({ job: { id, error, spec } }: { readonly job: Job }) {
  if (!error) return null;
  const survives = error.divergence?.learning_rate?.survives ?? null;
  return (
    <Notice
      tone="bad"
      title={
        error.epoch === null
          ? `Failed: ${error.code}`
          : `Failed at ${stepName(spec)} ${formatCount(error.epoch)}: ${error.code}`
      }
    >
      {error.detail}
      {error.divergence && (
        <dl class="divergence">
          {divergenceFacts(error.divergence).map(({ label, text }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      )}
      {survives !== null && (
        <LinkButton href={`/new?from=${id}&lr=${survives}`} icon="copy">
          Clone with learning rate {survives}
        </LinkButton>
      )}
    </Notice>
  );
}

/** The time, updated every second while the job trains. */
function useNowWhile(active: boolean): number {
  return useNow(active ? 1000 : 60_000);
}

function factsOf(job: Job, now: number): readonly Fact[] {
  const { spec, metrics, epochs_done, queue, eta_s } = job;
  const result = resultEpoch(job);
  const best = metrics?.lowest ?? metrics?.best ?? {};
  const monitor = best.val_loss === undefined ? "loss" : "val_loss";
  const score = scoreOf(job);
  const training = isTraining(job);
  const bestEpoch = best.epoch === undefined ? null : <>at {formatCount(Number(best.epoch))}</>;
  const time: Fact = queue
    ? {
        label: "Queue",
        value: formatCount(queue.position),
        note: queue.jobs_ahead === 0 ? "next" : `${formatCount(queue.jobs_ahead)} ahead`,
      }
    : training
      ? { label: "Left", value: formatDuration(eta_s), note: `of ${formatDuration(trainedSeconds(job, now) + (eta_s ?? 0))}` }
      : { label: "Trained for", value: formatDuration(job.started_at ? trainedSeconds(job, now) : null) };
  const scored: readonly Fact[] = score
    ? [{ label: score.label[0]?.toUpperCase() + score.label.slice(1), value: score.text }]
    : [];
  if (stepName(spec) === "training")
    return [{ label: "Trainings", wide: true, value: formatCount(epochs_done), note: `of ${formatCount(spec.epochs)}` }, time];
  if (stepName(spec) === "cut")
    return [{ label: "Cuts", wide: true, value: formatCount(epochs_done), note: `of ${formatCount(spec.epochs)}` }, time];
  if (searchOf(spec))
    return [
      { label: "Candidates", wide: true, value: formatCount(epochs_done), note: `of ${formatCount(spec.epochs)}` },
      {
        label: training ? "Average so far" : "Loss of the average",
        value: formatValue(metrics?.final.val_loss),
        note: "out of fold",
        wide: true,
      },
      ...scored,
      time,
    ];
  return [
    {
      label: "Epoch",
      wide: true,
      value: formatCount(epochs_done),
      note: `of ${spec.epochs < 1e6 ? formatCount(spec.epochs) : formatCompact(spec.epochs)}`,
    },
    { label: "Training loss", value: formatValue(result.loss) },
    ...(result.val_loss === undefined ? [] : [{ label: "Validation loss", value: formatValue(result.val_loss) }]),
    {
      label: monitor === "loss" ? "Best loss" : "Best validation loss",
      wide: true,
      value: formatValue(best[monitor]),
      note: bestEpoch,
    },
    ...scored,
    { label: "Epochs/s", value: formatRate(meanSpeed(job, now)) },
    time,
  ];
}

function PageSkeleton() {
  return (
    <div class="page" aria-busy="true">
      <Skeleton width="260px" height="34px" />
      <Skeleton height="66px" />
      <Skeleton height="360px" />
    </div>
  );
}

function Gone() {
  return (
    <div class="page">
      <h1 tabIndex={-1}>This job has been deleted</h1>
      <p>
        <a href="/jobs">Go to jobs</a>
      </p>
    </div>
  );
}
