/** The leaderboard of a search: its candidates by out-of-fold score, and the served average. */
import { OUT_OF_FOLD } from "../../client/search.ts";
import type { Leaderboard, LeaderboardRow } from "../jobs/leaderboard-rows.ts";
import { formatCount, formatDuration, formatShare, formatValue } from "../shell/format.ts";
import { Card } from "../ui/surfaces.tsx";
import { type Column, Table } from "../ui/table.tsx";

/** Maximum listed candidates, and maximum listed remaining ones. */
const MAX_ROWS = 50;
const MAX_COMING = 3;

export function LeaderboardCard({
  leaderboard,
  searching,
}: {
  readonly leaderboard: Leaderboard;
  readonly searching: boolean;
}) {
  const { rows, coming, metric, average, folds } = leaderboard;
  const ranked = rows.slice(0, MAX_ROWS).map((row, index) => ({ ...row, rank: index + 1 }));
  const more = rows.length - ranked.length;
  return (
    <Card title="Leaderboard" flush>
      <div class="card-body">
        <p class="score-line" data-average={average ?? ""}>
          {average === null ? "No average yet" : summary(leaderboard, searching)}
        </p>
        <p class="muted">
          {OUT_OF_FOLD} Each network of a candidate is trained without one part in {folds} of the rows.
        </p>
      </div>
      {ranked.length > 0 && (
        <Table
          caption="Candidates, the best first"
          columns={columnsOf(metric, rows)}
          rows={ranked}
          keyOf={({ trial }) => String(trial)}
        />
      )}
      {(more > 0 || (searching && coming.length > 0)) && (
        <p class="card-body muted">
          {more > 0 && `And ${formatCount(more)} more, worse than these. `}
          {searching && coming.length > 0 && `Still to come: ${comingText(coming)}.`}
        </p>
      )}
    </Card>
  );
}

function summary({ rows, metric, average }: Leaderboard, searching: boolean): string {
  if (searching) return `Average so far: ${metric} ${formatValue(average)} out of fold`;
  const served = rows.filter(({ weight }) => weight !== null && weight > 0).length;
  const parts = `${formatCount(served)} of ${formatCount(rows.length)} ${rows.length === 1 ? "candidate" : "candidates"}`;
  if (served === 0) return `Average: ${metric} ${formatValue(average)} out of fold`;
  return `Served: an average of ${parts}, ${metric} ${formatValue(average)} out of fold`;
}

const comingText = (names: readonly string[]): string => {
  const shown = names.slice(0, MAX_COMING).join("; ");
  return names.length > MAX_COMING ? `${shown}; and ${formatCount(names.length - MAX_COMING)} more` : shown;
};

type Ranked = LeaderboardRow & { readonly rank: number };

function columnsOf(metric: string, rows: readonly LeaderboardRow[]): readonly Column<Ranked>[] {
  const isFinal = rows.some(({ weight }) => weight !== null);
  const columns: readonly Column<Ranked>[] = [
    { key: "rank", title: "#", numeric: true, render: ({ rank }) => rank },
    { key: "name", title: "Candidate", render: ({ name }) => <span class="candidate">{name}</span> },
    {
      key: "score",
      title: `${metric[0]?.toUpperCase()}${metric.slice(1)}`,
      numeric: true,
      render: ({ score }) => (score === null ? "diverged" : formatValue(score)),
    },
  ];
  const time: Column<Ranked> = {
    key: "time",
    title: "Time",
    numeric: true,
    render: ({ seconds }) => formatDuration(seconds),
  };
  if (!isFinal) return [...columns, time];
  return [
    ...columns,
    { key: "share", title: "Share", numeric: true, render: ({ weight }) => <Share weight={weight ?? 0} /> },
    {
      key: "epochs",
      title: "Epochs",
      numeric: true,
      render: ({ epochs }) => (epochs === null ? "–" : formatCount(epochs)),
    },
    {
      key: "parameters",
      title: "Parameters",
      numeric: true,
      render: ({ parameters }) => (parameters === null ? "–" : formatCount(parameters)),
    },
    time,
  ];
}

/** A candidate's share of the served average. */
function Share({ weight }: { readonly weight: number }) {
  if (weight === 0) return <>–</>;
  return (
    <span class="share">
      <span class="bar" aria-hidden="true">
        <span style={{ width: `${weight * 100}%` }} />
      </span>
      {formatShare(weight)}
    </span>
  );
}
