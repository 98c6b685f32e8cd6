/** An optional sample of the rows that a model is asked, off by default. Bounded in number and in bytes. */
import { z } from "zod";
import { answerNumber, type Model, type Prediction } from "../models/model.ts";

/** Maximum rows stored for a model; the newest stay. */
const MAX_ASKED_ROWS = 1000;
/** Maximum UTF-16 units of a row as JSON: a longer one is not stored. */
const MAX_ROW_LENGTH = 4096;
/** Maximum rows drawn between two flushes of the counts, which are a second or two apart. */
const DRAWN_ROWS = 20;

/** A row as it was asked, as JSON, and its answer: the index of a class, or the value of the first target. */
export interface AskedRow {
  readonly row: string;
  readonly answer: number;
}

/** A stored row. */
export interface KeptRow extends AskedRow {
  /** Counted from 1, by model. */
  readonly number: number;
  readonly askedAt: number;
}

export const sampleOption = z
  .strictObject({
    rows: z.int().min(1).max(MAX_ASKED_ROWS).meta({ description: "How many are kept: the newest." }),
  })
  .meta({
    id: "AskedRowsOption",
    description: `Keeps a sample of the predicted rows, with their answers: every second or two up to ${DRAWN_ROWS} rows, drawn at random, none with more than ${MAX_ROW_LENGTH} characters of JSON, for 30 days.`,
  });

export const askedRowAnswer = z
  .object({
    number: z.int().meta({ description: "Counted from 1." }),
    asked_at: z.iso.datetime(),
    row: z
      .unknown()
      .meta({ description: "The model's columns as they were asked, by name where it has names; nothing else of the row." }),
    answer: z.union([z.string(), z.number()]).meta({ description: "The class, or the value of the first target." }),
  })
  .meta({ id: "AskedRow" });

/** A row as the API shows it. */
export type ShownAskedRow = z.output<typeof askedRowAnswer>;

/** Draws rows from all that are offered, each with the same probability (Vitter's algorithm R). */
export interface RowDraw {
  /** Offers the rows of an answered request. */
  offer(instances: readonly unknown[], predictions: readonly Prediction[]): void;
  /** Offers rows that another draw has drawn. */
  add(rows: readonly AskedRow[]): void;
  /** Returns the drawn rows, in the order in which they were asked, and starts again. */
  take(): readonly AskedRow[];
}

/** Creates a draw. It uses the process's own randomness, because it does not affect training. */
export function createRowDraw({ preprocessing }: Pick<Model, "preprocessing">, chance: () => number = Math.random): RowDraw {
  const names = preprocessing?.columns.map(({ column }) => column) ?? null;
  let drawn: { readonly at: number; readonly row: AskedRow }[] = [];
  let offered = 0;
  const offerOne = (read: () => AskedRow | null): void => {
    const at = offered++;
    const place = at < DRAWN_ROWS ? at : Math.floor(chance() * offered);
    if (place >= DRAWN_ROWS) return;
    const row = read();
    if (row) drawn[Math.min(place, drawn.length)] = { at, row };
  };
  return {
    offer(instances, predictions) {
      predictions.forEach((prediction, index) => {
        offerOne(() => {
          const answer = answerNumber(prediction);
          const row = JSON.stringify(namedRow(instances[index], names));
          return row.length > MAX_ROW_LENGTH || !Number.isFinite(answer) ? null : { row, answer };
        });
      });
    },
    add(rows) {
      for (const row of rows) offerOne(() => row);
    },
    take() {
      const taken = drawn.toSorted((a, b) => a.at - b.at).map(({ row }) => row);
      drawn = [];
      offered = 0;
      return taken;
    },
  };
}

/** The columns that the model reads: people may not want other columns stored. */
function namedRow(instance: unknown, names: readonly string[] | null): unknown {
  if (!names) return instance;
  if (Array.isArray(instance)) return Object.fromEntries(names.map((name, index) => [name, instance[index] ?? null]));
  const row = instance as Readonly<Record<string, unknown>>;
  return Object.fromEntries(names.filter((name) => Object.hasOwn(row, name)).map((name) => [name, row[name]]));
}

/** Writes a row to be stored. */
export function showAskedRow(
  { classes, task }: Pick<Model, "classes" | "task">,
  { number, row, answer, askedAt }: KeptRow,
): ShownAskedRow {
  return {
    number,
    asked_at: new Date(askedAt).toISOString(),
    row: JSON.parse(row) as unknown,
    answer: task === "regression" ? answer : (classes[answer] ?? String(answer)),
  };
}
