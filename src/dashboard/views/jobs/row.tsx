/** One job in the list. It renders again when its job changes, and no other row does. */
import type { Job } from "../../../client/answers.ts";
import { searchOf, stepName } from "../../../client/search.ts";
import { describeSpec, isTraining, meanSpeed, resultEpoch, scoreOf, trainedSeconds } from "../../jobs/job-reading.ts";
import { useJob } from "../../live/board.ts";
import { useApp } from "../../shell/app-context.ts";
import {
  formatAgo,
  formatCompact,
  formatCount,
  formatDuration,
  formatRate,
  formatTime,
  formatValue,
} from "../../shell/format.ts";
import { useStore } from "../../shell/store.ts";
import { memo } from "../../ui/memo.ts";
import { Sparkline } from "../../ui/sparkline.tsx";
import { Progress, StateBadge, stateTone } from "../../ui/state-badge.tsx";
import type { Sparklines } from "./sparklines.ts";

export interface RowProps {
  readonly id: string;
  /** Its position in the whole list, from 1. */
  readonly number: number;
  readonly top: number;
  readonly selected: boolean;
  readonly sparklines: Sparklines;
  readonly now: number;
  onSelect(id: string, selected: boolean): void;
}

export const Row = memo(function Row({ id, number, top, selected, sparklines, now, onSelect }: RowProps) {
  const { board } = useApp();
  const job = useJob(board, id) ?? board.get(id);
  if (!job) return null;
  return (
    <div
      class="job-row"
      role="row"
      aria-rowindex={number + 1}
      data-id={id}
      data-selected={selected}
      style={{ top: `${top}px` }}
    >
      <span class="c-select" role="cell">
        <input
          type="checkbox"
          aria-label={`Select ${job.name}`}
          checked={selected}
          onChange={(event) => onSelect(id, event.currentTarget.checked)}
        />
      </span>
      <span class="c-name" role="rowheader">
        <a class="truncate" href={`/jobs/${id}`}>
          {job.name}
        </a>
        <span class="truncate c-spec">{describeSpec(job)}</span>
      </span>
      <span class="c-state" role="cell">
        <StateBadge state={job.state} />
      </span>
      <Curves job={job} sparklines={sparklines} now={now} />
      <span class="c-created" role="cell" title={formatTime(job.created_at)}>
        {formatAgo(job.created_at, now)}
      </span>
    </div>
  );
});

function Curves({ job, sparklines, now }: { readonly job: Job; readonly sparklines: Sparklines; readonly now: number }) {
  const { points, speed } = useStore(sparklines.of(job));
  const score = scoreOf(job);
  const training = isTraining(job);
  return (
    <>
      <span class="c-progress" role="cell">
        <Progress
          share={job.progress}
          tone={stateTone(job.state)}
          label={`${searchOf(job.spec) ? "Candidates" : "Epochs"} of ${job.name}`}
        />
        <span class="c-epochs">{progressText(job)}</span>
      </span>
      <span class="c-loss" role="cell">
        <Sparkline points={points} label={`Loss by ${stepName(job.spec)}`} />
        <span class="num">{formatValue(searchOf(job.spec) ? job.metrics?.final.val_loss : resultEpoch(job).loss)}</span>
      </span>
      <span class="c-score num" role="cell" title={score?.sentence ?? undefined}>
        {score?.text ?? "–"}
        <span class="c-under">{score?.label ?? ""}</span>
      </span>
      <span class="c-pace num" role="cell">
        {formatRate(training ? (speed ?? meanSpeed(job, now)) : meanSpeed(job, now))}
        <span class="c-under">{job.epochs_done > 0 ? (searchOf(job.spec) ? "cand./s" : "epochs/s") : ""}</span>
      </span>
      <span class="c-time num" role="cell">
        {training ? formatDuration(job.eta_s) : job.epochs_done > 0 ? formatDuration(trainedSeconds(job, now)) : "–"}
        <span class="c-under">{training ? "left" : job.epochs_done > 0 ? "trained" : ""}</span>
      </span>
    </>
  );
}

function progressText({ state, queue, epochs_done, spec }: Job): string {
  if (state === "queued" && queue) return queue.position === 1 ? "next in the queue" : `${queue.position} in the queue`;
  if (state === "queued" && epochs_done === 0) return "waiting";
  const format = spec.epochs >= 1_000_000 ? formatCompact : formatCount;
  return `${format(epochs_done)} of ${format(spec.epochs)}`;
}
