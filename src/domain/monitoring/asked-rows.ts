/** A sample of the rows that a model is asked, where that is wanted: off unless a model's options say so. Bounded in number and in bytes. */
import { z } from "zod";
import { answerNumber, type Model, type Prediction } from "../models/model.ts";

/** Rows of a model that are kept, at most; the newest. */
const MOST_ASKED_ROWS = 1000;
/** UTF-16 units of a row as JSON: a longer one is not kept. */
const MOST_ROW_LENGTH = 4096;
/** Rows that are drawn of those between two times that counts are stored, a second or two. */
const DRAWN_ROWS = 20;

/** A row as it was asked, as JSON, and its answer: the place of a class, or the value of the first target. */
export interface AskedRow {
  readonly row: string;
  readonly answer: number;
}

/** One that is kept. */
export interface KeptRow extends AskedRow {
  /** Counted from 1, by model. */
  readonly number: number;
  readonly askedAt: number;
}

export const sampleOption = z
  .strictObject({
    rows: z.int().min(1).max(MOST_ASKED_ROWS).meta({ description: "How many are kept: the newest." }),
  })
  .meta({
    id: "AskedRowsOption",
    description: `Keeps a sample of the predicted rows, with their answers: every second or two up to ${DRAWN_ROWS} rows, drawn at random, none with more than ${MOST_ROW_LENGTH} characters of JSON, for 30 days.`,
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

/** Draws rows of all that are offered, each as likely as any other (Vitter's algorithm R). */
export interface RowDraw {
  /** Offers the rows of a request, which were answered. */
  offer(instances: readonly unknown[], predictions: readonly Prediction[]): void;
  /** Offers rows that another draw has drawn. */
  add(rows: readonly AskedRow[]): void;
  /** Returns the drawn rows, in the order in which they were asked, and starts anew. */
  take(): readonly AskedRow[];
}

/** Creates a draw. Which rows are drawn decides nothing that is trained: chance is the process's own. */
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
          return row.length > MOST_ROW_LENGTH || !Number.isFinite(answer) ? null : { row, answer };
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

/** What the model reads of a row: a column that it ignores may be what nobody wants kept. */
function namedRow(instance: unknown, names: readonly string[] | null): unknown {
  if (!names) return instance;
  if (Array.isArray(instance)) return Object.fromEntries(names.map((name, index) => [name, instance[index] ?? null]));
  const row = instance as Readonly<Record<string, unknown>>;
  return Object.fromEntries(names.filter((name) => Object.hasOwn(row, name)).map((name) => [name, row[name]]));
}

/** Writes a row that is kept. */
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
