/** The training rows behind a prediction: the rows that changed it the most when they were left out, with their cells. */
import type { Job, JobRows, Model } from "../../../client/answers.ts";
import {
  type Influence,
  influencedRows,
  predictionSentence,
  type RowList,
  rowLists,
} from "../../../client/questions/influence.ts";
import { isOver } from "../../jobs/job-reading.ts";
import { valueColumns } from "../../model-view/worst-rows.tsx";
import { formatCell } from "../../plots/scale.ts";
import { useApp } from "../../shell/app-context.ts";
import { formatCount, formatShare, formatValue } from "../../shell/format.ts";
import { useResource } from "../../shell/resource.ts";
import { Card, Empty, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { withoutAnswer } from "./without-answer.ts";

/** Rows of each list, so that the cells of all rows of ten predictions are read at once. */
const SHOWN = 5;
const SHOWN_OF_ONE = 10;

export function RowsTab({ job }: { readonly job: Job }) {
  const { api } = useApp();
  const id = job.model?.id ?? null;
  const model = useResource(async (signal): Promise<Model | null> => (id === null ? null : api.model(id, { signal })), [id]);
  if (model.error) return <Problem error={model.error} retry={model.reload} />;
  const influence = model.data?.evaluation?.influence;
  if (influence) return <Rows job={job} influence={influence} />;
  if (isOver(job) && id === null)
    return (
      <div class="card">
        <Empty icon="clock" title={withoutAnswer(job, "The job ended before it had left out every row")} />
      </div>
    );
  return <Skeleton height="320px" />;
}

function Rows({ job, influence }: { readonly job: Job; readonly influence: Influence }) {
  const { api } = useApp();
  const { predictions, rows, training_rows: training, agrees } = influence;
  const most = predictions.length === 1 ? SHOWN_OF_ONE : SHOWN;
  const numbers = influencedRows(influence, most);
  const values = useResource(
    async (signal): Promise<JobRows | null> =>
      // The data may have been deleted: the rows still have their numbers.
      numbers.length === 0 ? null : api.jobRows(job.id, { rows: numbers }, { signal }).catch(() => null),
    [job.id, numbers.join()],
  );
  return (
    <div class="stack">
      <p class="muted">
        {`${formatCount(rows.length)} of ${formatCount(training)} training rows had weight 0, one at a time, each in a training with the same seed. `}
        {!agrees && "Another version trained the model: its weights differ from those of the training on all rows."}
      </p>
      {predictions.map((prediction, index) => (
        <section key={index} class="stack" aria-label={`Prediction ${index + 1}`}>
          <h2>{predictionSentence(prediction, { share: formatShare, value: formatValue })}</h2>
          {rowLists(prediction).map((list) => (
            <Card key={list.title} title={list.title} flush>
              <RowTable
                list={{ ...list, rows: list.rows.slice(0, most) }}
                title={prediction.type === "probability" ? "Probability" : "Value"}
                numbers={numbers}
                values={values.data ?? null}
              />
            </Card>
          ))}
        </section>
      ))}
    </div>
  );
}

interface RowTableProps {
  readonly list: RowList;
  /** What the prediction is, as the title of a column. */
  readonly title: string;
  /** The rows whose cells `values` has. */
  readonly numbers: readonly number[];
  readonly values: JobRows | null;
}

type Shown = RowList["rows"][number] & { readonly place: number };

function RowTable({ list, title, numbers, values }: RowTableProps) {
  if (list.rows.length === 0) return <Empty icon="list" title="None of the rows" />;
  return (
    <Table
      caption={list.title}
      rows={list.rows.map((row) => ({ ...row, place: numbers.indexOf(row.row) }))}
      keyOf={({ row }) => String(row)}
      columns={[...effectColumns(list, title), ...targetColumns(values), ...valueColumns(values)]}
    />
  );
}

const signed = (value: number | null | undefined): string =>
  typeof value === "number" ? `${value > 0 ? "+" : ""}${formatValue(value)}` : "";

function effectColumns({ isOfLoss }: RowList, title: string): readonly Column<Shown>[] {
  return [
    { key: "row", title: "Row", numeric: true, sortBy: ({ row }) => row, render: ({ row }) => formatCount(row + 1) },
    {
      key: "change",
      title,
      numeric: true,
      sortBy: ({ change }) => change,
      render: ({ change }) => signed(change),
    },
    ...(isOfLoss
      ? [
          {
            key: "loss",
            title: "Loss",
            numeric: true,
            sortBy: ({ loss_change }: Shown) => loss_change ?? null,
            render: ({ loss_change }: Shown) => signed(loss_change),
          },
        ]
      : []),
  ];
}

/** What the rows are, as a column for each target. */
function targetColumns(values: JobRows | null): readonly Column<Shown>[] {
  return (values?.targets ?? []).map(({ name, values: own }) => ({
    key: `target ${name}`,
    title: name,
    numeric: own.some((value) => typeof value === "number"),
    sortBy: ({ place }) => own[place] ?? null,
    render: ({ place }) => {
      const value = own[place] ?? null;
      return typeof value === "number" ? formatCell(value) : (value ?? "missing");
    },
  }));
}
