/** How lists of jobs are filtered and ordered, and the cursor of an ordered list. */
import { invalid } from "../errors.ts";
import { type FieldPath, type Fields, FilterError, parseField } from "../filter.ts";
import { SERIES } from "../metrics/metric.ts";
import { JOB_STATES } from "./job.ts";

/**
 * The fields that a filter of jobs can use: `metrics` of the epoch whose weights the model has, `params` by the pointers of the resolved
 * spec, `tags` by their names.
 */
export const JOB_FIELDS = {
  ...{ state: JOB_STATES, name: "text" },
  ...{ metrics: { numbers: SERIES }, params: "members", tags: "texts" },
} as const satisfies Fields;

const ORDER_FIELDS = { created_at: "number", metrics: JOB_FIELDS.metrics, params: "members" } as const satisfies Fields;

/** Maximum characters of an order. */
export const MAX_ORDER_LENGTH = 300;

/**
 * An order of jobs. By a metric or a parameter, jobs without such a number come last. Those, and equal ones, are in the order of their
 * creation, descending if the order is.
 */
export interface JobOrder {
  /** As it was written, with its minus. */
  readonly text: string;
  readonly descends: boolean;
  /** Null: by creation. */
  readonly by: FieldPath | null;
}

/** Parses an order such as `-metrics.val_accuracy`. Throws a FilterError with the column. */
export function parseOrder(text: string): JobOrder {
  if (text.length > MAX_ORDER_LENGTH) throw new FilterError(MAX_ORDER_LENGTH + 1, `at most ${MAX_ORDER_LENGTH} characters`);
  const descends = text.startsWith("-");
  const by = parseField(descends ? text.slice(1) : text, ORDER_FIELDS, descends ? 2 : 1);
  return { text, descends, by: by.field === "created_at" ? null : by };
}

/** Where a page ended: its last job, and that job's value of the order; null for a job without one. */
export interface JobCursor {
  readonly id: string;
  readonly value: number | null;
}

/** Returns the `after` of the next page: the id alone if jobs are in the order of their creation. */
export function writeCursor({ id, value }: JobCursor, order: JobOrder): string {
  return order.by === null ? id : `${id}~${value ?? ""}~${order.text}`;
}

/** Parses what `writeCursor` wrote. Throws invalid for the cursor of another order. */
export function readCursor(after: string, order: JobOrder): JobCursor {
  const [id = "", value = "", ...rest] = after.split("~");
  const isOrdered = after.includes("~");
  const number = value === "" ? null : Number(value);
  const fits = isOrdered ? order.by !== null && rest.join("~") === order.text : order.by === null;
  if (fits && (number === null || Number.isFinite(number))) return { id, value: number };
  const detail = "is from a list in another order: pass the next_after of this list, with its order_by";
  throw invalid([{ pointer: "/after", detail }]);
}
