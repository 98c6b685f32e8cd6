/** How lists of jobs are filtered and ordered, and where a page of an ordered list ends. */
import { invalid } from "../errors.ts";
import { type FieldPath, type Fields, FilterError, parseField } from "../filter.ts";
import { SERIES } from "../metrics/metric.ts";
import { JOB_STATES } from "./job.ts";

/**
 * The fields that a filter of jobs compares: `metrics` of the epoch whose weights the model has, `params` by the pointers of the resolved
 * spec, `tags` by their names.
 */
export const JOB_FIELDS = {
  ...{ state: JOB_STATES, name: "text" },
  ...{ metrics: { numbers: SERIES }, params: "members", tags: "texts" },
} as const satisfies Fields;

const ORDER_FIELDS = { created_at: "number", metrics: JOB_FIELDS.metrics, params: "members" } as const satisfies Fields;

/** Most characters of an order. */
export const MAX_ORDER_LENGTH = 300;

/**
 * An order of jobs. By a metric or a parameter, jobs for which it is no number come last; equal ones, and those, are in the order of
 * their creation, which descends with the order.
 */
export interface JobOrder {
  /** As it was written, with its minus. */
  readonly text: string;
  readonly descends: boolean;
  /** Null: by creation. */
  readonly by: FieldPath | null;
}

/** Reads an order, as `-metrics.val_accuracy`. Throws a FilterError with the column. */
export function parseOrder(text: string): JobOrder {
  if (text.length > MAX_ORDER_LENGTH) throw new FilterError(MAX_ORDER_LENGTH + 1, `at most ${MAX_ORDER_LENGTH} characters`);
  const descends = text.startsWith("-");
  const by = parseField(descends ? text.slice(1) : text, ORDER_FIELDS, descends ? 2 : 1);
  return { text, descends, by: by.field === "created_at" ? null : by };
}

/** Where a page ended: its last job, and the value that the list is ordered by; null for a job without one. */
export interface JobCursor {
  readonly id: string;
  readonly value: number | null;
}

/** Returns the `after` of the next page: the id alone where jobs are in the order of their creation. */
export function writeCursor({ id, value }: JobCursor, order: JobOrder): string {
  return order.by === null ? id : `${id}~${value ?? ""}~${order.text}`;
}

/** Reads what `writeCursor` wrote. Throws invalid for that of another order. */
export function readCursor(after: string, order: JobOrder): JobCursor {
  const [id = "", value = "", ...rest] = after.split("~");
  const isOrdered = after.includes("~");
  const number = value === "" ? null : Number(value);
  const fits = isOrdered ? order.by !== null && rest.join("~") === order.text : order.by === null;
  if (fits && (number === null || Number.isFinite(number))) return { id, value: number };
  const detail = "is from a list in another order: pass the next_after of this list, with its order_by";
  throw invalid([{ pointer: "/after", detail }]);
}
