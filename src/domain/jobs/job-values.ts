/** The values that a job is found by besides its state and name: its tags, the values of its spec, and the metrics of its best epoch. */
import type { Tags } from "../labels.ts";
import type { ResolvedSpec } from "../spec/spec.ts";
import type { JobMetrics } from "./job.ts";
import { DEFAULT_RUN_OPTIONS } from "./run-defaults.ts";

/** A value that a job is found by. */
export interface JobValue {
  readonly field: "metrics" | "params" | "tags";
  readonly key: string;
  readonly value: number | string | boolean;
}

/** Maximum values of a spec: of a network with many layers, only the first ones are searchable. */
const MAX_PARAMS = 150;
/** A longer list of numbers is data. */
const MAX_NUMBERS = 8;
/** A longer text is a document and not an option. */
const MAX_TEXT = 200;

/** Fields that are not options of training: how the job is run, the name, which has its own field, and what follows from the data. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...Object.keys(DEFAULT_RUN_OPTIONS),
  ...["threads", "name", "metrics", "preprocess", "init_from"],
]);

/**
 * Returns the values of a resolved spec by their JSON pointers: numbers, text and booleans. Lists of text, such as columns, are left out.
 * The network comes last, so that all options are included however deep it is.
 */
export function specValues(spec: ResolvedSpec): readonly JobValue[] {
  const { model, ...rest } = spec;
  const found: JobValue[] = [];
  for (const [name, value] of Object.entries({ ...rest, model })) if (!LEFT_OUT.has(name)) collect(found, `/${name}`, value);
  return found;
}

function collect(found: JobValue[], key: string, value: unknown): void {
  if (found.length >= MAX_PARAMS || value === null || value === undefined) return;
  if (typeof value === "object") {
    if (Array.isArray(value) && isData(value)) return;
    for (const [name, member] of Object.entries(value))
      collect(found, `${key}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, member);
    return;
  }
  if (typeof value === "string" ? value.length <= MAX_TEXT && !value.includes("\u0000") : true)
    found.push({ field: "params", key, value: value as JobValue["value"] });
}

function isData(list: readonly unknown[]): boolean {
  return typeof list[0] === "string" || (typeof list[0] === "number" && list.length > MAX_NUMBERS);
}

/** Returns tags as values. */
export const tagValues = (tags: Tags): readonly JobValue[] =>
  Object.entries(tags).map(([key, value]) => ({ field: "tags", key, value }));

/** Returns the metrics of the epoch whose weights the model has, without non-finite numbers. */
export function metricValues({ best }: JobMetrics): readonly JobValue[] {
  return Object.entries(best).flatMap(([key, value]) =>
    key !== "epoch" && Number.isFinite(value) ? { field: "metrics", key, value } : [],
  );
}

/** How much the stored part of a run must grow before its searchable metrics are stored again. */
const GROWTH = 1.25;

/**
 * Whether the metrics of a running job are stored after these epochs: at its first ones, and then whenever it has a quarter more of them.
 * So a list lags behind a run by at most a fifth of its epochs, and a run of a million epochs stores them some fifty times.
 */
export function refreshesMetrics(from: number, to: number): boolean {
  const steps = (epochs: number) => (epochs === 0 ? -1 : Math.floor(Math.log(epochs) / Math.log(GROWTH)));
  return steps(to) > steps(from - 1);
}
