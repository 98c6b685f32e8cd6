/** One job in the list. It renders again when its job changes, and no other row does. */
import type { ComponentChildren } from "preact";
import type { Job } from "../../../client/answers.ts";
import { searchOf, stepName } from "../../../client/search.ts";
import type { DatasetNames } from "../../jobs/dataset-names.ts";
import { describeSpec, isTraining, meanSpeed, scoreOf, trainedSeconds } from "../../jobs/job-reading.ts";
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
import { type ColumnKey, type JobColumn, shownLoss } from "./columns.ts";
import type { JobCurve, Sparklines } from "./sparklines.ts";

export interface RowProps {
  readonly id: string;
  /** Its position in the whole list, from 1. */
  readonly number: number;
  /** Its place in its group; null without groups. */
  readonly rank: number | null;
  readonly top: number;
  readonly selected: boolean;
  readonly columns: readonly JobColumn[];
  readonly names: DatasetNames;
  readonly sparklines: Sparklines;
  readonly now: number;
  onSelect(id: string, selected: boolean): void;
}

export const Row = memo(function Row({ id, number, rank, top, selected, columns, names, sparklines, now, onSelect }: RowProps) {
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
          {rank !== null && <span class="muted">{rank}. </span>}
          {job.name}
        </a>
        <span class="truncate c-spec">{describeSpec(job, names)}</span>
      </span>
      <Cells job={job} columns={columns} sparklines={sparklines} now={now} />
    </div>
  );
});

interface CellProps {
  readonly job: Job;
  readonly curve: JobCurve;
  readonly now: number;
}

const Under = ({ text }: { readonly text: string }) => <span class="c-under">{text}</span>;

/** What each column shows of a job. */
const CELLS: Readonly<Record<Exclude<ColumnKey, "name">, (cell: CellProps) => ComponentChildren>> = {
  state: ({ job }) => <StateBadge state={job.state} />,
  progress: ({ job }) => (
    <>
      <Progress
        share={job.progress}
        tone={stateTone(job.state)}
        label={`${searchOf(job.spec) ? "Candidates" : "Epochs"} of ${job.name}`}
      />
      <span class="c-epochs">{progressText(job)}</span>
    </>
  ),
  loss: ({ job, curve }) => {
    const { value, isHeld } = shownLoss(job);
    return (
      <>
        <Sparkline points={curve.points} label={`${isHeld ? "Validation loss" : "Loss"} by ${stepName(job.spec)}`} />
        <span class="num">
          {formatValue(value)}
          <Under text={value === undefined ? "" : isHeld ? (searchOf(job.spec) ? "out of fold" : "validation") : "training"} />
        </span>
      </>
    );
  },
  score: ({ job }) => {
    const score = scoreOf(job);
    return (
      <span title={score?.sentence ?? undefined}>
        {score?.text ?? "–"}
        <Under text={score?.label ?? ""} />
      </span>
    );
  },
  pace: ({ job, curve, now }) => (
    <>
      {formatRate(isTraining(job) ? (curve.speed ?? meanSpeed(job, now)) : meanSpeed(job, now))}
      <Under text={job.epochs_done > 0 ? (searchOf(job.spec) ? "cand./s" : "epochs/s") : ""} />
    </>
  ),
  time: ({ job, now }) => (
    <>
      {isTraining(job) ? formatDuration(job.eta_s) : job.epochs_done > 0 ? formatDuration(trainedSeconds(job, now)) : "–"}
      <Under text={isTraining(job) ? "left" : job.epochs_done > 0 ? "trained" : ""} />
    </>
  ),
  parameters: ({ job }) => formatCount(job.parameters),
  created: ({ job, now }) => <span title={formatTime(job.created_at)}>{formatAgo(job.created_at, now)}</span>,
};

function Cells({ job, columns, sparklines, now }: Pick<RowProps, "columns" | "sparklines" | "now"> & { readonly job: Job }) {
  const curve = useStore(sparklines.of(job));
  return (
    <>
      {columns.map(({ key, numeric }) =>
        key === "name" ? null : (
          <span key={key} class={`c-${key}${numeric ? " num" : ""}`} role="cell">
            {CELLS[key]({ job, curve, now })}
          </span>
        ),
      )}
    </>
  );
}

function progressText({ state, queue, epochs_done, spec }: Job): string {
  if (state === "queued" && queue) return queue.position === 1 ? "next in the queue" : `${queue.position} in the queue`;
  if (state === "queued" && epochs_done === 0) return "waiting";
  const format = spec.epochs >= 1_000_000 ? formatCompact : formatCount;
  return `${format(epochs_done)} of ${format(spec.epochs)}`;
}
