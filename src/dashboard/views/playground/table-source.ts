/** The rows of a data set for the playground: which columns can be drawn and predicted, and their values, sampled by the server. */
import { useMemo } from "preact/hooks";
import type { Dataset, DatasetSample } from "../../../client/answers.ts";
import type { Column } from "../../../domain/datasets/dataset.ts";
import type { Task } from "../../../domain/spec/spec.ts";
import { defaultTarget } from "../../datasets/default-target.ts";
import type { TableSource } from "../../playground/messages.ts";
import { MAX_CLASSES, MAX_ROWS, type Settings } from "../../playground/options.ts";
import { labelsOf } from "../../plots/features.ts";
import { useApp } from "../../shell/app-context.ts";
import { useResource } from "../../shell/resource.ts";

/** The columns of a data set in their roles. */
export interface Chosen {
  readonly dataset: Dataset;
  /** Columns that can be an axis, and those that can be predicted. */
  readonly axes: readonly string[];
  readonly targets: readonly string[];
  readonly x: string;
  readonly y: string;
  readonly target: string;
}

export interface TableRows {
  readonly chosen: Chosen | null;
  /** Null until the rows are there. */
  readonly source: TableSource | null;
  readonly task: Task | null;
  /** What was left out, as a sentence; null where nothing was. */
  readonly note: string | null;
  /** Why there is nothing to train on. */
  readonly error: unknown;
}

const isNumeric = ({ type }: Column): boolean => type === "number" || type === "integer";
/** Whether the values of a target are labels; whole numbers are where there are few. */
const isLabels = ({ type, distinct }: Column): boolean =>
  type === "category" || type === "boolean" || (type === "integer" && distinct <= MAX_CLASSES);
const canBeTarget = (column: Column): boolean =>
  column.distinct >= 2 && (isLabels(column) ? column.distinct <= MAX_CLASSES : isNumeric(column));

function choose(dataset: Dataset, { x, y, target }: Settings): Chosen | null {
  const { columns } = dataset;
  const named = (list: readonly Column[]) => list.map(({ name }) => name);
  const targets = named(columns.filter(canBeTarget));
  const first = defaultTarget(dataset)?.name ?? "";
  const ofTarget = [target, first, targets.at(-1)].find((name) => name !== undefined && targets.includes(name));
  const isAxis = (column: Column) => isNumeric(column) && column.distinct >= 2 && column.name !== ofTarget;
  const axes = named(columns.filter((column) => isAxis(column) && column.role !== "index"));
  const ofX = axes.includes(x) ? x : axes.find((name) => name !== y);
  const ofY = axes.includes(y) && y !== ofX ? y : axes.find((name) => name !== ofX);
  if (!ofTarget || !ofX || !ofY) return null;
  return { dataset, axes, targets, x: ofX, y: ofY, target: ofTarget };
}

/** Reads the rows that the settings name; `id` is null for generated data, of which there is nothing to read. */
export function useTableRows(id: string | null, settings: Settings): TableRows {
  const { api } = useApp();
  const table = useResource(async (signal) => (id ? await api.dataset(id, { signal }) : null), [id]);
  const dataset = table.data?.id === id ? table.data : null;
  const { x, y, target } = settings;
  const chosen = useMemo(() => dataset && choose(dataset, settings), [dataset, x, y, target]);
  const key = chosen ? JSON.stringify([id, chosen.x, chosen.y, chosen.target]) : null;
  const sample = useResource(
    async (signal) => {
      if (!chosen) return null;
      const query = { columns: [chosen.x, chosen.y, chosen.target], limit: MAX_ROWS };
      return { key, rows: await api.sampleRows(chosen.dataset.id, query, { signal }) };
    },
    [key],
  );
  const rows = sample.data?.key === key ? sample.data?.rows : null;
  const read = useMemo(() => (chosen && rows ? readRows(chosen, rows) : null), [key, rows]);
  const unfit =
    dataset && !chosen
      ? new Error(`${dataset.name} needs two columns of numbers besides a target of numbers or at most ${MAX_CLASSES} labels.`)
      : null;
  const empty = read && read.source.x.length < 4 ? new Error("Fewer than four rows have a target.") : null;
  return {
    chosen,
    source: empty ? null : (read?.source ?? null),
    task: read?.task ?? null,
    note: read?.note ?? null,
    error: table.error ?? sample.error ?? unfit ?? empty,
  };
}

function readRows({ dataset, target }: Chosen, { total, returned, columns }: DatasetSample) {
  const [xs, ys, targets] = columns.map(({ values }) => values) as [Values, Values, Values];
  // As in a job: rows without a target are left out, and a missing feature is imputed, of which the worker knows the training rows.
  const places = targets.flatMap((target, row) => (target === null ? [] : [row]));
  const column = dataset.columns.find(({ name }) => name === target);
  const classes = column && isLabels(column) ? labelsOf(places.map((row) => targets[row] ?? null)) : [];
  const index = new Map(classes.map((label, place) => [label, place]));
  const take = (values: Values) =>
    Float64Array.from(places, (row) => (values[row] === null ? Number.NaN : Number(values[row])));
  const source: TableSource = {
    x: take(xs),
    y: take(ys),
    targets: classes.length > 0 ? Float64Array.from(places, (row) => index.get(String(targets[row])) ?? 0) : take(targets),
    classes,
  };
  const unlabelled = returned - places.length;
  const imputed = places.filter((row) => xs[row] === null || ys[row] === null).length;
  const notes = [
    ...(total > returned ? [`${returned} of ${total} rows, spread over the table`] : []),
    ...(unlabelled > 0 ? [`${unlabelled} rows without a target were left out`] : []),
    ...(imputed > 0 ? [`${imputed} rows lack a number and use the column's mean instead, as in a job`] : []),
  ];
  const task: Task =
    classes.length === 0 ? "regression" : classes.length === 2 ? "binary_classification" : "multiclass_classification";
  return { source, task, note: notes.length > 0 ? `${notes.join("; ")}.` : null };
}

type Values = DatasetSample["columns"][number]["values"];
