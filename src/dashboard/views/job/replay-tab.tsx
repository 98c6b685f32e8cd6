/** Replays a step of the job: a slider over all steps, and a field for its number, with gradients, activations and the worst rows at each. */
import { useState } from "preact/hooks";
import type { Job, Replay, TensorFigures } from "../../../client/answers.ts";
import { useReplayedStep } from "../../model-view/steps/replayed-step.ts";
import { formatCount, formatValue } from "../../shell/format.ts";
import { Card, Empty, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const EVERYTHING = ["gradients", "activations", "loss_by_row"] as const;
const SHOWN_ROWS = 8;

export function ReplayTab({ job }: { readonly job: Job }) {
  const [step, setStep] = useState(0);
  const { data, error, reload } = useReplayedStep(job, step, EVERYTHING);
  const last = job.epochs_done * (data?.steps_per_epoch ?? 1);
  const goTo = (text: string) => setStep(Math.min(last, Math.max(0, Math.trunc(Number(text)) || 0)));
  return (
    <div class="stack">
      <Card title="Replay a step">
        <div class="stack">
          <div class="scrubber">
            <input
              type="number"
              class="input"
              aria-label="Number of the step"
              min={0}
              max={last}
              value={step}
              onChange={(event) => goTo(event.currentTarget.value)}
            />
            <input
              type="range"
              aria-label="Step of the training"
              aria-valuetext={`Step ${formatCount(step)} of ${formatCount(last)}`}
              min={0}
              max={Math.max(last, 1)}
              step={1}
              value={step}
              disabled={last === 0}
              onInput={(event) => goTo(event.currentTarget.value)}
            />
            <output class="scrubber-text">
              Step {formatCount(step)} of {formatCount(last)}
            </output>
          </div>
          {data && <StepLine replay={data} />}
        </div>
      </Card>
      {error ? <Problem error={error} retry={reload} /> : null}
      {data ? <StepTables replay={data} /> : error ? null : <Skeleton height="240px" />}
    </div>
  );
}

function StepLine({ replay: { step, from_step, loss, rows, sha256 } }: { readonly replay: Replay }) {
  return (
    <p class="muted">
      Loss {formatValue(loss)} on {formatCount(rows)} training rows; weights <code>{sha256.slice(0, 12)}</code>, replayed from
      step {formatCount(from_step)} ({formatCount(step - from_step)} steps).
    </p>
  );
}

function StepTables({ replay }: { readonly replay: Replay }) {
  const { gradients = [], activations = [] } = replay;
  return (
    <>
      <Card title="Gradients" flush>
        <Table caption="Gradients" columns={columnsOf("Parameter")} rows={gradients} keyOf={nameOf} empty={NONE} />
      </Card>
      <Card title="Activations" flush>
        <Table caption="Activations" columns={columnsOf("Layer")} rows={activations} keyOf={nameOf} empty={NONE} />
      </Card>
      <Card title="Worst rows" flush>
        <Table caption="Worst rows" columns={ROW_COLUMNS} rows={worstOf(replay)} keyOf={({ row }) => `${row}`} empty={NONE} />
      </Card>
    </>
  );
}

const NONE = <Empty icon="flag" title="Nothing here" />;

const nameOf = ({ name }: TensorFigures): string => name;

const columnsOf = (title: string): readonly Column<TensorFigures>[] => [
  { key: "name", title, render: nameOf },
  { key: "shape", title: "Shape", render: ({ shape }) => shape.join(" × ") },
  ...(["norm", "mean", "min", "max"] as const).map((key) => ({
    key,
    title: key[0]?.toUpperCase() + key.slice(1),
    numeric: true,
    render: (figures: TensorFigures) => formatValue(figures[key]),
  })),
  { key: "zeros", title: "Zeros", numeric: true, render: ({ zeros }) => `${Math.round(zeros * 100)} %` },
];

interface RowLoss {
  readonly row: number;
  readonly loss: number | string;
}

const ROW_COLUMNS: readonly Column<RowLoss>[] = [
  { key: "row", title: "Row", render: ({ row }) => formatCount(row + 1) },
  { key: "loss", title: "Loss", numeric: true, render: ({ loss }) => formatValue(loss) },
];

function worstOf({ loss_by_row }: Replay): readonly RowLoss[] {
  const rows = (loss_by_row?.rows ?? []).map((row, index) => ({ row, loss: loss_by_row?.losses[index] ?? 0 }));
  return rows.sort((a, b) => Number(b.loss) - Number(a.loss)).slice(0, SHOWN_ROWS);
}
