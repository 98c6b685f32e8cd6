/** Columns of labels: booleans, categories, and text, which has too many different values. */
import type { Column } from "../../domain/datasets/dataset.ts";
import { mergedSpellings } from "../../domain/datasets/label-spellings.ts";
import { isErrorWord } from "../../domain/datasets/missing-words.ts";
import { createTextWriter, type TextValues, type TextWriter } from "../../domain/datasets/texts.ts";
import { invalid, pointerOf } from "../../domain/errors.ts";
import { type ColumnBuilder, type ColumnPlan, type FinishedColumn, labelIn, readTruth, shown } from "./column.ts";
import { type LabelBudget, Labels, MAX_LABEL_LENGTH, MAX_LISTED_CHARACTERS } from "./labels.ts";
import { createOddCells } from "./odd-cells.ts";
import { TOP_VALUES } from "./statistics.ts";

/** The labels of booleans. */
export const BOOLEANS = ["false", "true"];
/** A column of at least this many values, more than half of which differ, holds names or sentences rather than categories. */
const MANY_VALUES = 100;

export interface LabelColumnOptions {
  readonly rows: number;
  readonly maxCategories: number;
  readonly budget: LabelBudget;
}

/** Collects a column of booleans: 0, 1, or -1 if missing. */
export function createBooleanColumn(plan: ColumnPlan, rows: number): ColumnBuilder {
  const codes = new Int32Array(rows).fill(-1);
  const counts = [0, 0];
  const odd = createOddCells(plan);
  return {
    set(row, cells, index) {
      const truth = readTruth(cells, index, plan.chosen);
      if (truth < 0) {
        odd.add(cells, index);
        return;
      }
      codes[row] = truth;
      counts[truth] = (counts[truth] as number) + 1;
    },
    finish() {
      const column = describeLabels(plan.name, "boolean", rows, BOOLEANS, counts);
      return { column: odd.describe({ ...column, categories: [...BOOLEANS] }), values: codes };
    },
  };
}

/** Collects a column of labels. It becomes a category or text, by its plan or by the number of labels. */
export function createLabelColumn(plan: ColumnPlan, { rows, maxCategories, budget }: LabelColumnOptions): ColumnBuilder {
  const labels = new Labels(budget);
  let codes: Int32Array<ArrayBuffer> | null = plan.type === "text" ? null : new Int32Array(rows).fill(-1);
  let texts: TextKeeper | null = plan.type === "text" ? createTextKeeper(budget) : null;
  let count = 0;
  /** Codes of labels that a program wrote for no value, such as #N/A. */
  const errors = new Set<number>();
  const odd = createOddCells(plan);
  return {
    set(row, cells, index) {
      const known = labels.labels.length;
      const text = labelIn(cells, index);
      const code = labels.add(text);
      if (code >= known && isErrorWord(labels.labels[code] as string)) errors.add(code);
      if (errors.size > 0 && errors.has(code)) {
        odd.add(cells, index);
        return;
      }
      count++;
      if (!codes) {
        texts?.add(row, text);
        return;
      }
      codes[row] = code;
      if (code >= 0 && code < maxCategories && labels.longest <= MAX_LABEL_LENGTH) return;
      if (plan.chosen) throw tooMany(plan.name, cells.place(index), code, maxCategories);
      texts = keepLabels(codes.subarray(0, row), labels.labels, budget);
      texts.add(row, text);
      codes = null;
    },
    finish() {
      for (const code of errors) labels.counts[code] = 0;
      const names = count >= MANY_VALUES && labels.labels.length * 2 > count;
      const asLabels = (column: Column) => odd.describe({ ...column, ...(plan.doubt && { odd: plan.doubt }) });
      const asText = (): FinishedColumn => {
        const column = describeLabels(plan.name, "text", rows, labels.labels, labels.counts);
        const kept = (texts ?? keepLabels(codes ?? new Int32Array(), labels.labels, budget)).finish(rows);
        const described = { ...column, missing: rows - count, ...(kept && count > 0 && { kept: true as const }) };
        return { column: asLabels(described), values: null, texts: count > 0 ? kept : null };
      };
      if (!codes || (names && !plan.chosen)) return asText();
      if (!labels.list()) {
        if (plan.chosen) throw tooLong(plan.name);
        return asText();
      }
      const merged = plan.chosen ? null : mergedSpellings(labels.labels, labels.counts);
      const spellings = merged && mergeLabels(labels, codes, merged);
      const order = sortedOrder(labels);
      const column = describeLabels(plan.name, "category", rows, labels.labels, labels.counts);
      for (let row = 0; row < rows; row++) {
        const code = codes[row] as number;
        if (code >= 0) codes[row] = order.rank[code] as number;
      }
      const described = asLabels({ ...column, categories: order.sorted });
      if (!spellings) return { column: described, values: codes };
      return { column: { ...described, reading: { ...described.reading, case: "ignored" } }, values: codes, spellings };
    },
  };
}

/** Counts spellings as the label that stands for them, and returns those of each such label, the label first. */
function mergeLabels(labels: Labels, codes: Int32Array, merged: Int32Array): string[][] {
  const groups = new Map<number, string[]>();
  merged.forEach((main, code) => {
    if (main === code) return;
    const group = groups.get(main) ?? [labels.labels[main] as string];
    groups.set(main, [...group, labels.labels[code] as string]);
    labels.counts[main] = (labels.counts[main] as number) + (labels.counts[code] as number);
    labels.counts[code] = 0;
  });
  for (let row = 0; row < codes.length; row++)
    if ((codes[row] as number) >= 0) codes[row] = merged[codes[row] as number] as number;
  return [...groups.values()];
}

/** Packs texts while there is room for them. */
interface TextKeeper {
  add(row: number, text: string): void;
  /** Null if there was no room. */
  finish(rows: number): TextValues | null;
}

function createTextKeeper(budget: LabelBudget): TextKeeper {
  let writer: TextWriter | null = createTextWriter();
  return {
    add(row, text) {
      budget.texts -= text.length;
      if (budget.texts < 0) writer = null;
      writer?.add(row, text);
    },
    finish: (rows) => writer?.finish(rows) ?? null,
  };
}

/** The text of each code. */
function keepLabels(codes: Int32Array, labels: readonly string[], budget: LabelBudget): TextKeeper {
  const keeper = createTextKeeper(budget);
  codes.forEach((code, row) => {
    if (code >= 0) keeper.add(row, labels[code] as string);
  });
  return keeper;
}

function tooMany(name: string, place: string, code: number, maxCategories: number): Error {
  const detail =
    code >= 0 && code < maxCategories
      ? `${place}: a category's label has at most ${MAX_LABEL_LENGTH} characters`
      : `${place}: the column has more categories than the limit of ${maxCategories} (TRAINYARD_MAX_CATEGORIES)`;
  return invalid([{ pointer: pointerOf(["types", name]), detail }]);
}

function tooLong(name: string): Error {
  const detail = `the labels of all categories together have more than ${MAX_LISTED_CHARACTERS} characters`;
  return invalid([{ pointer: pointerOf(["types", name]), detail }]);
}

/** Labels that occur, sorted by UTF-16 units, which does not depend on a locale, and the new index of each. */
function sortedOrder({ labels, counts }: Labels): { readonly sorted: string[]; readonly rank: Int32Array } {
  const sorted = labels.filter((_, code) => (counts[code] as number) > 0).sort();
  const places = new Map(sorted.map((label, place) => [label, place]));
  return { sorted, rank: Int32Array.from(labels, (label) => places.get(label) ?? -1) };
}

/** Describes a column of labels by their frequencies, without listing them. */
export function describeLabels(
  name: string,
  type: Column["type"],
  rows: number,
  labels: readonly string[],
  counts: readonly number[],
): Column {
  const present = counts.reduce((total, count) => total + count, 0);
  const top = labels
    .map((value, code) => ({ value, count: counts[code] as number }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return {
    name,
    type,
    missing: rows - present,
    distinct: top.length,
    statistics: null,
    top: top.slice(0, TOP_VALUES).map(({ value, count }) => ({ value: shown(value), count })),
    categories: null,
  };
}
