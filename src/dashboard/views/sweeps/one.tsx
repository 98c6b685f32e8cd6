/** The view of one sweep, live: its progress, and its trials in plots and a table. */
import type { Sweep } from "../../../client/sweeps.ts";
import { useTitle } from "../../shell/app-context.ts";
import { useNow } from "../../shell/clock.ts";
import { formatCount, formatDuration, formatRate, formatValue } from "../../shell/format.ts";
import { LinkButton } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Progress, StateBadge, stateTone } from "../../ui/state-badge.tsx";
import { Empty, type Fact, Facts, Notice, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { useFollowedSweep } from "./follow-sweep.ts";
import { SweepActions } from "./sweep-actions.tsx";
import { describeSweep, metricText } from "./sweep-text.ts";
import { Trials } from "./trials.tsx";

export function SweepView({ id }: { readonly id: string }) {
  const { sweep, columns, version, known, error, replace, retry } = useFollowedSweep(id);
  useTitle(sweep ? `${sweep.name} · ${sweep.state}` : "Sweep");
  if (!sweep || !columns) return error ? <Problem error={error} retry={retry} /> : <PageSkeleton />;
  return (
    <div class="page">
      <Head sweep={sweep} replace={replace} />
      {error ? <Problem error={error} retry={retry} /> : null}
      <Outcome sweep={sweep} />
      <Facts facts={useFacts(sweep)} />
      {columns.known.length > 0 ? (
        <Trials sweep={sweep} columns={columns} version={version} />
      ) : known ? (
        <NoTrials sweep={sweep} />
      ) : (
        <Skeleton height="360px" />
      )}
    </div>
  );
}

function Head({ sweep, replace }: { readonly sweep: Sweep; replace(sweep: Sweep): void }) {
  const { done, total } = sweep.progress;
  return (
    <div>
      <nav class="breadcrumb" aria-label="Path">
        <a href="/sweeps">Sweeps</a>
        <Icon name="chevron_right" size={12} />
        <span class="truncate">{sweep.id}</span>
      </nav>
      <div class="page-head job-title">
        <h1 class="truncate" tabIndex={-1}>
          {sweep.name}
        </h1>
        <StateBadge state={sweep.state} />
        <span class="muted truncate">{describeSweep(sweep)}</span>
        <SweepActions sweep={sweep} replace={replace} />
      </div>
      <Progress share={total === 0 ? 0 : done / total} tone={stateTone(sweep.state)} label="Trials done" />
    </div>
  );
}

/** The result of the sweep, and what to know about it. */
function Outcome({ sweep: { job, error, state, reproducible, transitions } }: { readonly sweep: Sweep }) {
  const failure = error ?? (state === "failed" ? (transitions.at(-1)?.reason ?? "") : null);
  return (
    <>
      {failure !== null && (
        <Notice tone="bad" title={state === "failed" ? "The sweep failed" : "The best trial was not promoted"}>
          {failure}
        </Notice>
      )}
      {job && (
        <Notice icon="flag" title="The best trial is a job">
          Its model has the trial's bits; after folds it is trained on all rows. <a href={`/jobs/${job}`}>Open the job</a>
        </Notice>
      )}
      {!reproducible && (
        <Notice icon="clock">How many trials it has, and so the best, depends on the machine: it is limited by time.</Notice>
      )}
    </>
  );
}

function useFacts(sweep: Sweep): readonly Fact[] {
  const { progress, trials_per_second, eta_s, started_at, finished_at, state, spec } = sweep;
  const { done, total, best, pruned, failed, succeeded } = progress;
  const now = useNow(state === "running" ? 1000 : 60_000);
  const counts = [
    ...(pruned > 0 ? [`${formatCount(succeeded)} succeeded`, `${formatCount(pruned)} pruned`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
  ];
  const spent = started_at ? ((finished_at ? Date.parse(finished_at) : now) - Date.parse(started_at)) / 1000 : null;
  return [
    { label: "Trials", wide: true, value: formatCount(done), note: [`of ${formatCount(total)}`, ...counts].join(", ") },
    {
      label: `Best ${metricText(spec.objective.metric)}`,
      wide: true,
      value: formatValue(best?.value),
      note: best ? `trial ${best.number}` : null,
    },
    { label: "Trials/s", value: formatRate(trials_per_second) },
    state === "running" && eta_s !== null
      ? { label: "Left", value: formatDuration(eta_s), note: spent === null ? null : `after ${formatDuration(spent)}` }
      : { label: "Time", value: formatDuration(spent) },
  ];
}

function NoTrials({ sweep: { id, state } }: { readonly sweep: Sweep }) {
  const isOver = state === "cancelled" || state === "failed" || state === "succeeded";
  return (
    <div class="card">
      <Empty
        icon="clock"
        title={isOver ? "The sweep ended before its first trial" : "No trials yet"}
        {...(isOver && {
          action: (
            <LinkButton href={`/new?sweep=${id}`} icon="copy">
              Clone and edit
            </LinkButton>
          ),
        })}
      >
        {isOver ? "There is nothing to draw." : "Plots and the table appear with the first trial that is over."}
      </Empty>
    </div>
  );
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
