/** The rows that a model is most wrong on, with all their values, in a dialog. */
import type { JobRows } from "../../client/answers.ts";
import type { PartEvaluation, WorstClass, WorstValue } from "../../domain/models/evaluation.ts";
import { axisName } from "../plots/features.ts";
import { formatCell } from "../plots/scale.ts";
import { useApp } from "../shell/app-context.ts";
import { formatCount, formatShare, formatValue } from "../shell/format.ts";
import { useResource } from "../shell/resource.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Notice, Skeleton } from "../ui/surfaces.tsx";
import { type Column, Table } from "../ui/table.tsx";

/** Maximum rows in the dialog. */
const SHOWN = 40;

type WorstRow = WorstValue | WorstClass;

/** The shown rows, and their title. */
export interface ChosenRows {
  readonly title: string;
  readonly rows: readonly WorstRow[];
}

const wrong = (row: WorstClass): boolean => row.actual !== row.predicted;

/** The worst rows of a part: for classes, the wrong ones. */
export function worstOf({ worst_rows = [] }: PartEvaluation): ChosenRows | null {
  const rows = (worst_rows as WorstRow[]).filter((row) => !("probability" in row) || wrong(row)).slice(0, SHOWN);
  return rows.length > 0 ? { title: "The worst rows", rows } : null;
}

/** The known rows of a cell of the confusion matrix, the least probable first. */
export function worstOfCell(rows: readonly WorstClass[], actual: string, predicted: string, count: number): ChosenRows | null {
  const own = rows.filter((row) => row.actual === actual && row.predicted === predicted);
  if (own.length === 0) return null;
  const which =
    own.length < count ? `The ${own.length} least certain of ${formatCount(count)} rows` : `${formatCount(count)} rows`;
  return { title: `${which} of ${actual} predicted as ${predicted}`, rows: own };
}

export interface WorstRowsProps {
  readonly chosen: ChosenRows;
  /** The job whose rows they are; null if it was deleted. */
  readonly job: string | null;
  onClose(): void;
}

export function WorstRows({ chosen: { title, rows }, job, onClose }: WorstRowsProps) {
  const { api } = useApp();
  const numbers = rows.map(({ row }) => row);
  const values = useResource(
    async (signal): Promise<JobRows | null> => (job === null ? null : api.jobRows(job, { rows: numbers }, { signal })),
    [job, numbers.join()],
  );
  return (
    <Dialog title={title} wide onClose={onClose}>
      {values.error || job === null ? (
        <Notice>The values of these rows are not at hand: the job or its data set was deleted.</Notice>
      ) : null}
      {values.loading && !values.data ? (
        <Skeleton height="240px" />
      ) : (
        <Table
          caption={title}
          rows={rows.map((row, place) => ({ ...row, place }))}
          keyOf={({ row }) => String(row)}
          columns={[...answerColumns(rows), ...valueColumns(values.data)]}
        />
      )}
    </Dialog>
  );
}

type Shown = WorstRow & Placed;

/** A row and its place among those whose values were read. */
interface Placed {
  readonly place: number;
}

function answerColumns(rows: readonly WorstRow[]): readonly Column<Shown>[] {
  const isClasses = rows.some((row) => "probability" in row);
  const error = ({ actual, predicted }: Shown): number | null =>
    typeof actual === "number" && typeof predicted === "number" ? actual - predicted : null;
  const probability = (row: Shown): number | null => ("probability" in row ? row.probability : null);
  return [
    { key: "row", title: "Row", numeric: true, sortBy: ({ row }) => row, render: ({ row }) => formatCount(row + 1) },
    answerColumn("actual", "Actual", !isClasses, formatCell),
    answerColumn("predicted", "Predicted", !isClasses, formatValue),
    isClasses
      ? {
          key: "probability",
          title: "Probability of the actual class",
          numeric: true,
          sortBy: probability,
          render: (row) => formatShare(probability(row)),
        }
      : { key: "error", title: "Error", numeric: true, sortBy: error, render: (row) => formatValue(error(row)) },
  ];
}

const answerColumn = (
  key: "actual" | "predicted",
  title: string,
  numeric: boolean,
  format: (value: number | null) => string,
): Column<Shown> => ({
  key,
  title,
  numeric,
  sortBy: (row) => row[key],
  render: (row) => (typeof row[key] === "string" ? row[key] : format(row[key])),
});

/** A column for each feature; its values are in the order of the rows. */
export function valueColumns(values: JobRows | null): readonly Column<Placed>[] {
  return (values?.features ?? []).map(({ name, values: own }) => ({
    key: `feature ${name}`,
    title: axisName(name),
    numeric: own.some((value) => typeof value === "number"),
    sortBy: ({ place }) => own[place] ?? null,
    render: ({ place }) => {
      const value = own[place] ?? null;
      if (value === null) return <span class="muted">missing</span>;
      if (typeof value === "number") return formatCell(value);
      // A table that is too wide scrolls; it does not break words.
      return <span style={{ overflowWrap: "break-word" }}>{value}</span>;
    },
  }));
}
