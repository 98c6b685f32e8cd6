/** Some rows of a job's data in readable form, split as training splits them. */
import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import { cellReader, finiteOrNull, type ShownCell, spreadPlaces } from "../../domain/datasets/shown-cells.ts";
import { MAX_SHOWN_FEATURES, MAX_SHOWN_VALUES, ROW_PARTS, type RowChoice, type ShownRows } from "../../domain/jobs/job-rows.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import { loadTable, splitDataset, splitTable } from "./data.ts";
import type { Parts } from "./split.ts";
import type { Table } from "./table.ts";

type Read = (row: number) => ShownCell;
type Readers = readonly (readonly [name: string, read: Read])[];

/**
 * The requested rows: a sample has fewer rows if they are wide, and numbers without a row are left out. Needs the columns of a data set
 * that are shown, and those that split it.
 */
export function showRows(run: TrainingRun, choice: RowChoice): ShownRows {
  const { spec, classes } = run.job;
  if ("dataset" in spec.data) {
    const dataset = run.dataset as DatasetRows;
    const { features, target } = spec.data.dataset;
    const { parts, present } = splitDataset(run, dataset);
    const places = "numbers" in choice ? null : present;
    return show(places ?? dataset.rows, parts, choice, columnReaders(dataset, features), columnReaders(dataset, target));
  }
  const table = loadTable(run);
  const parts = splitTable(run, table);
  return show(table.rows, parts, choice, featureReaders(table), targetReaders(table, classes));
}

/** `given`: the rows that train or are scored, or their number if these are all. */
function show(given: Int32Array | number, parts: Parts, choice: RowChoice, features: Readers, targets: Readers): ShownRows {
  const total = typeof given === "number" ? given : given.length;
  const shown = features.slice(0, MAX_SHOWN_FEATURES);
  const rows =
    "numbers" in choice
      ? choice.numbers.filter((number) => number < total)
      : spreadPlaces(
          total,
          Math.min(choice.limit, Math.max(1, Math.floor(MAX_SHOWN_VALUES / (shown.length + targets.length)))),
        ).map((place) => (typeof given === "number" ? place : (given[place] as number)));
  const take = (readers: Readers) => readers.map(([name, read]) => ({ name, values: rows.map(read) }));
  const partOf = new Map<number, number>();
  ROW_PARTS.forEach((part, index) => {
    for (const row of parts[part]) partOf.set(row, index);
  });
  return {
    total,
    returned: rows.length,
    parts: rows.map((row) => ROW_PARTS[partOf.get(row) ?? 0] as (typeof ROW_PARTS)[number]),
    features: take(shown),
    targets: take(targets),
  };
}

function featureReaders({ features, featureWidth }: Table): Readers {
  return Array.from({ length: featureWidth }, (_, column) => [
    String(column),
    (row) => finiteOrNull(features[row * featureWidth + column]),
  ]);
}

function targetReaders({ targets, targetWidth }: Table, classes: readonly string[]): Readers {
  if (classes.length > 0) return [["target", (row) => classes[targets[row] as number] ?? null]];
  return Array.from({ length: targetWidth }, (_, column) => [
    targetWidth === 1 ? "target" : `target ${column}`,
    (row) => finiteOrNull(targets[row * targetWidth + column]),
  ]);
}

/** Columns whose values were not read are left out. */
function columnReaders({ columns, values }: DatasetRows, names: readonly string[]): Readers {
  return names.flatMap((name) => {
    const column = columns.find((candidate) => candidate.name === name);
    const own = values.get(name);
    return column && own ? [[name, cellReader(column, own)] as const] : [];
  });
}
