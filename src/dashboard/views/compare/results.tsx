/** The results of the compared jobs as a table that sorts by each. */
import { useState } from "preact/hooks";
import type { Job } from "../../../client/answers.ts";
import { baselineText, figureLabel, figureText, mainFigure, modelText, scoreSentence } from "../../../client/score.ts";
import type { Series } from "../../../domain/metrics/metric.ts";
import { CHART_PLANS, OF_THE_RUN } from "../../jobs/chart-plans.ts";
import { colorAt } from "../../jobs/comparison-address.ts";
import { isTraining, meanSpeed, resultEpoch, trainedSeconds } from "../../jobs/job-reading.ts";
import { useNow } from "../../shell/clock.ts";
import { formatCount, formatDuration, formatRate, formatValue, SCORE_FORMAT } from "../../shell/format.ts";
import { Check } from "../../ui/field.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Card } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { namesOf } from "./names.ts";
import { Swatch } from "./swatch.tsx";

interface Row {
  readonly job: Job;
  /** What distinguishes it from others of its name. */
  readonly name: string;
  readonly color: string;
}

export function Results({ jobs }: { readonly jobs: readonly (Job | undefined)[] }) {
  const names = namesOf(jobs);
  const rows = jobs.flatMap((job, position) =>
    job ? [{ job, name: names[position] ?? job.name, color: colorAt(position) }] : [],
  );
  const [all, setAll] = useState(false);
  const now = useNow(rows.some(({ job }) => isTraining(job)) ? 1000 : 60_000);
  return (
    <Card title="Results" flush actions={<Check label="Every figure" checked={all} onChange={setAll} />}>
      <Table caption="Results of the jobs" columns={columnsOf(rows, now, all)} rows={rows} keyOf={({ job }) => job.id} />
    </Card>
  );
}

function columnsOf(rows: readonly Row[], now: number, all: boolean): readonly Column<Row>[] {
  return [
    {
      key: "name",
      title: "Job",
      sortBy: ({ name }) => name.toLowerCase(),
      render: ({ job, name, color }) => (
        <a class="row compare-name" href={`/jobs/${job.id}`}>
          <Swatch color={color} />
          <span class="truncate" title={name}>
            {name}
          </span>
        </a>
      ),
    },
    { key: "state", title: "State", sortBy: ({ job }) => job.state, render: ({ job }) => <StateBadge state={job.state} /> },
    numbers("epochs", "Epochs", ({ epochs_done }) => epochs_done, formatCount),
    ...scoreColumns(rows),
    ...metricColumns(rows).filter(({ key }) => all || ALWAYS.has(key)),
    ...(all ? runColumns(now) : []),
    numbers("time", "Trained", (job) => (job.started_at ? trainedSeconds(job, now) : null), formatDuration),
  ];
}

/** The metrics beside the score; with more, the table would be wider than a screen. */
const ALWAYS: ReadonlySet<string> = new Set(["loss", "val_loss"]);

const runColumns = (now: number): readonly Column<Row>[] => [
  numbers("best_epoch", "Best epoch", ({ metrics }) => numberOf((metrics?.lowest ?? metrics?.best)?.epoch), formatCount),
  numbers("pace", "Epochs/s", (job) => meanSpeed(job, now), formatRate),
  numbers("parameters", "Parameters", ({ parameters }) => parameters, formatCount),
];

/** The score of each job that has a model, with those of a constant answer and a straight line on the same rows. */
function scoreColumns(rows: readonly Row[]): readonly Column<Row>[] {
  if (!rows.some(({ job }) => job.score)) return [];
  const column = (key: "model" | "baseline" | "linear", title: string): Column<Row> => ({
    key,
    title,
    numeric: true,
    sortBy: ({ job }) => (job.score ? mainFigure(job.score)[key] : null),
    render: ({ job: { score } }) => {
      if (!score) return formatValue(null);
      const figure = mainFigure(score);
      const note = key === "model" ? figureLabel(score, figure) : key === "baseline" ? baselineText(score) : null;
      return (
        <span title={scoreSentence(score, SCORE_FORMAT)}>
          {key === "model" ? modelText(figure, SCORE_FORMAT) : figureText(figure[key], figure, SCORE_FORMAT)}{" "}
          {note && <small class="muted">{note}</small>}
        </span>
      );
    },
  });
  return [column("model", "Score"), column("baseline", "Constant answer"), column("linear", "Straight line")];
}

/** The columns of each metric that any job has: training and validation value of the model or of the newest epoch, best loss. */
function metricColumns(rows: readonly Row[]): readonly Column<Row>[] {
  return CHART_PLANS.filter(({ series }) => !OF_THE_RUN.has(series)).flatMap(({ title, series, format }) => {
    const own = series as Series;
    const held = `val_${series}` as Series;
    const has = (part: "final" | "best", name: Series) => rows.some(({ job }) => job.metrics?.[part][name] !== undefined);
    return [
      ...(has("final", own) ? [numbers(own, title, (job) => numberOf(resultEpoch(job)[own]), format)] : []),
      ...(has("final", held)
        ? [numbers(held, `Val. ${lowerFirst(title)}`, (job) => numberOf(resultEpoch(job)[held]), format)]
        : []),
      ...(series === "loss"
        ? [
            numbers(
              "best",
              has("best", held) ? "Best val. loss" : "Best loss",
              ({ metrics }) => {
                const lowest = metrics?.lowest ?? metrics?.best;
                return numberOf(lowest?.val_loss ?? lowest?.loss);
              },
              format,
            ),
          ]
        : []),
    ];
  });
}

function numbers(
  key: string,
  title: string,
  read: (job: Job) => number | null,
  format: (value: number) => string,
): Column<Row> {
  return {
    key,
    title,
    numeric: true,
    sortBy: ({ job }) => read(job),
    render: ({ job }) => {
      const value = read(job);
      return value === null ? formatValue(null) : format(value);
    },
  };
}

const numberOf = (value: unknown): number | null => (value === undefined || value === null ? null : Number(value));

const lowerFirst = (text: string): string => (text.length > 2 ? `${text[0]?.toLowerCase() ?? ""}${text.slice(1)}` : text);
