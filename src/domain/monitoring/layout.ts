/** The bins that count the values of a model's columns and answers: one flat list of numbers for each model. */
import type { Model } from "../models/model.ts";
import type { ColumnReference } from "./reference.ts";

export type MonitoredKind = "number" | "datetime" | "text" | "category" | "class" | "value";

/** A column or an answer that is monitored, and its bins. */
export interface MonitoredColumn {
  readonly name: string;
  readonly role: "input" | "answer";
  /** For a text, its length is counted. */
  readonly kind: MonitoredKind;
  readonly edges: readonly number[];
  /** Empty for numbers. */
  readonly labels: readonly string[];
  /** The bin of each index of a label; null for numbers. */
  readonly binOfPlace: Uint8Array | null;
  /** Number of bins. Numbers: one more than edges, and missing. Labels: each, all others, unseen, and missing. */
  readonly bins: number;
  /** The index of its first bin in the list. */
  readonly offset: number;
  /** Rows of the reference in each bin. */
  readonly reference: readonly number[];
  /** Whether a difference raises an alert. */
  readonly tested: boolean;
}

export interface Layout {
  readonly inputs: readonly MonitoredColumn[];
  readonly answers: readonly MonitoredColumn[];
  /** Total number of bins. */
  readonly size: number;
}

type Monitored = Pick<Model, "preprocessing" | "inputWidth" | "classes" | "reference">;

/** Returns the layout of a model. Null without a reference: the model is not monitored. */
export function layoutOf({ preprocessing, classes, reference }: Monitored): Layout | null {
  if (!reference) return null;
  let offset = 0;
  const columnOf = (
    given: Pick<MonitoredColumn, "name" | "role" | "kind" | "tested">,
    { edges = [], labels, counts }: ColumnReference,
    all: readonly string[],
  ): MonitoredColumn => {
    const column = {
      ...given,
      edges,
      labels: labels ?? [],
      binOfPlace: labels ? binsOfPlaces(all, labels) : null,
      bins: counts.length,
      offset,
      reference: counts,
    };
    offset += counts.length;
    return column;
  };
  const inputs = reference.columns.map((column, index) => {
    const encoded = preprocessing?.columns[index];
    const kind = !encoded || encoded.kind === "numeric" ? "number" : encoded.kind;
    const given = { name: encoded?.column ?? String(index), role: "input", kind, tested: true } as const;
    return columnOf(given, column, encoded?.kind === "category" ? encoded.categories : []);
  });
  const { part, columns } = reference.answers;
  const targets = preprocessing?.targets.map(({ column }) => column) ?? [];
  const answers = columns.map((column, index) => {
    const name = targets[index] ?? (columns.length === 1 ? "answer" : `answer ${index}`);
    const given = { name, role: "answer", kind: column.labels ? "class" : "value", tested: part !== "train" } as const;
    return columnOf(given, column, classes);
  });
  return { inputs, answers, size: offset };
}

function binsOfPlaces(all: readonly string[], kept: readonly string[]): Uint8Array {
  const bins = new Map(kept.map((label, bin) => [label, bin]));
  return Uint8Array.from(all, (label) => bins.get(label) ?? kept.length);
}

/** The number of bins of a column. */
export function binCount({ edges, labels }: Pick<ColumnReference, "edges" | "labels">): number {
  return labels ? labels.length + 3 : (edges?.length ?? 0) + 2;
}

/** The bin of a value from a column's reader: NaN if it is missing; for a label its index, below 0 if it is unseen. */
export function binOf({ binOfPlace, edges, bins }: MonitoredColumn, value: number): number {
  if (Number.isNaN(value)) return bins - 1;
  if (binOfPlace) return value < 0 ? bins - 2 : (binOfPlace[value] as number);
  let bin = 0;
  while (bin < edges.length && (edges[bin] as number) < value) bin++;
  return bin;
}
