/** The monitoring report of a model: how its rows and answers compare with its training rows, and how often it was right. */
import { z } from "zod";
import type { Model } from "../models/model.ts";
import { sampleOption } from "./asked-rows.ts";
import { binsOf, keyOf, WINDOW_ROWS } from "./drift.ts";
import { type Layout, layoutOf, type MonitoredColumn } from "./layout.ts";
import { liveScore, scoreBound } from "./live-score.ts";
import { type LiveSums, type Monitor, type MonitorWindow, SCORE_DROP } from "./monitor-store.ts";

const share = z.number().min(0).max(1);
const time = z.iso.datetime();

const columnReport = z
  .object({
    name: z.string(),
    role: z.enum(["input", "answer"]),
    kind: z
      .enum(["number", "datetime", "text", "category", "class", "value"])
      .meta({ description: "For text, its length is compared." }),
    psi: z
      .number()
      .nullable()
      .meta({ description: "Population stability index of the last window; null before the first is full." }),
    p_value: z.number().nullable().meta({
      description: "The p-value of Pearson's chi-square test that the window and the training rows have one distribution.",
    }),
    drifted: z.boolean(),
    missing: z.object({ reference: share, window: share.nullable() }).meta({ description: "Share of rows without a value." }),
    unseen: share.nullable().meta({ description: "Share of the window's rows with a label that no training row had." }),
    bins: z.array(z.object({ bin: z.string(), reference: share, window: share.nullable() })),
  })
  .meta({ id: "MonitoredColumn" });

const windowReport = z
  .object({
    number: z.int(),
    rows: z.int(),
    started_at: time,
    ended_at: time,
    drifted: z.array(z.string()),
    psi: z.array(z.number()).meta({ description: "In the order of `columns`; empty until the window is judged." }),
  })
  .meta({ id: "MonitoredWindow" });

const feedbackReport = z
  .object({
    answers: z.int().meta({ description: "Answers that are kept for the truth, by row." }),
    labelled: z.int(),
    accuracy: z.number().nullable().meta({ description: "For classes: the share of labelled answers that were right." }),
    mae: z.number().nullable().meta({ description: "For values: the mean absolute error." }),
    rmse: z.number().nullable(),
    r2: z.number().nullable().meta({ description: "Null where all true values are equal." }),
  })
  .meta({
    id: "LiveScore",
    description: "Scores of the answers whose truth is known. Each is null until there is such an answer.",
  });

const scoreAlert = z
  .object({
    drop: z.number().nullable().meta({ description: "How far beyond the evaluation the score may go; null: nobody is told." }),
    figure: z.enum(["accuracy", "mae"]),
    evaluation: z
      .tuple([z.number(), z.number()])
      .meta({ description: "Interval of the figure on the held-out rows.", examples: [[0.91, 0.97]] }),
    bound: z.number().nullable().meta({ description: "The bound of the live score; null without a drop." }),
    live: z.number().nullable().meta({ description: "The score of the newest labelled answers, at most 500." }),
    labelled: z.int().meta({ description: "How many these are: 50 are needed." }),
    fell: z.boolean().meta({ description: "Whether they are worse, beyond what chance makes of so few." }),
  })
  .meta({ id: "ScoreAlert" });

export const monitoringReport = z
  .object({
    model: z.object({ id: z.string(), name: z.string(), version: z.int() }),
    monitored: z.boolean(),
    reason: z.string().nullable().meta({ description: "Why it is not monitored." }),
    enabled: z.boolean(),
    webhook: z.string().nullable(),
    sample: sampleOption.nullable().meta({ description: "The sample that is kept of the rows that are asked." }),
    rows: z.int().meta({ description: "Rows that were counted since the model was first asked." }),
    open_rows: z.int().meta({ description: "Rows that are not in a full window yet." }),
    window_rows: z.int(),
    updated_at: time.nullable(),
    reference: z
      .object({ rows: z.int(), answers: z.object({ part: z.enum(["train", "validation", "test"]), rows: z.int() }) })
      .nullable()
      .meta({ description: "The training rows that are compared with, and the rows whose answers are." }),
    drifted: z.array(z.string()).meta({ description: "Columns that differed in the last window." }),
    columns: z.array(columnReport),
    windows: z.array(windowReport).meta({ description: "The newest first." }),
    feedback: feedbackReport,
    score_alert: scoreAlert
      .nullable()
      .meta({ description: "Null for a model without an interval of its score on held-out rows." }),
  })
  .meta({ id: "Monitoring" });

export type MonitoringReport = z.output<typeof monitoringReport>;
type ColumnReport = z.output<typeof columnReport>;

/** The state of a monitored model. */
export interface MonitoredFacts {
  readonly model: Model;
  /** Whether this server counts predictions. */
  readonly counts: boolean;
  readonly monitor: Monitor | null;
  readonly windows: readonly MonitorWindow[];
  readonly sums: LiveSums;
  /** Of the newest labelled answers. */
  readonly recent: LiveSums;
}

/** Writes the report. */
export function reportOf({ model, counts, monitor, windows, sums, recent }: MonitoredFacts): MonitoringReport {
  const layout = layoutOf(model);
  const last = windows.find(({ verdict }) => verdict !== null);
  const iso = (at: number) => new Date(at).toISOString();
  const reason = whyNot(model, counts, monitor);
  return {
    model: { id: model.id, name: model.name, version: model.version },
    monitored: reason === null,
    reason,
    enabled: monitor?.enabled ?? true,
    webhook: monitor?.webhook ?? null,
    sample: monitor && monitor.sampleRows > 0 ? { rows: monitor.sampleRows } : null,
    rows: monitor?.rows ?? 0,
    open_rows: monitor?.openRows ?? 0,
    window_rows: WINDOW_ROWS,
    updated_at: monitor ? iso(monitor.updatedAt) : null,
    reference: model.reference
      ? {
          rows: model.reference.rows,
          answers: { part: model.reference.answers.part, rows: model.reference.answers.rows },
        }
      : null,
    drifted: [...(monitor?.drifted ?? [])],
    columns: layout ? columnsOf(layout, last) : [],
    windows: windows.map(({ number, rows, startedAt, endedAt, verdict }) => ({
      number,
      rows,
      started_at: iso(startedAt),
      ended_at: iso(endedAt),
      drifted: [...(verdict?.drifted ?? [])],
      psi: verdict?.columns.map(({ psi }) => psi) ?? [],
    })),
    feedback: liveScore(model, sums),
    score_alert: scoreAlertOf(model, monitor, recent),
  };
}

function scoreAlertOf(model: Model, monitor: Monitor | null, recent: LiveSums): MonitoringReport["score_alert"] {
  const drop = monitor ? monitor.scoreDrop : SCORE_DROP;
  const found = scoreBound(model, drop ?? 0);
  if (!found) return null;
  const { figure, interval, bound } = found;
  const { labelled, [figure]: live } = liveScore(model, recent);
  const fell = drop !== null && (monitor?.scoreFell ?? false);
  return { drop, figure, evaluation: [...interval], bound: drop === null ? null : bound, live, labelled, fell };
}

function whyNot({ reference }: Model, counts: boolean, monitor: Monitor | null): string | null {
  if (!reference)
    return "there is nothing to compare with: the model was imported, is a checkpoint, or was trained by an older server; train it again";
  if (!counts) return "the server does not count predictions (TRAINYARD_MONITORING)";
  return monitor?.enabled === false ? "monitoring is switched off for this model" : null;
}

function columnsOf({ inputs, answers }: Layout, last: MonitorWindow | undefined): ColumnReport[] {
  return [...inputs, ...answers].map((column, index) => {
    const reference = sharesOf(column.reference);
    const window = last ? sharesOf(binsOf(column, last.counts)) : null;
    const drift = last?.verdict?.columns[index];
    const names = binNames(column);
    const missing = column.bins - 1;
    return {
      name: column.name,
      role: column.role,
      kind: column.kind,
      psi: drift?.psi ?? null,
      p_value: drift?.p ?? null,
      drifted: last?.verdict?.drifted.includes(keyOf(column)) ?? false,
      missing: { reference: reference[missing] as number, window: window ? (window[missing] as number) : null },
      unseen: window && column.binOfPlace ? (window[column.bins - 2] as number) : null,
      // Most of a column's bins can be empty.
      bins: names.flatMap((bin, at) => {
        const shares = { bin, reference: reference[at] as number, window: window ? (window[at] as number) : null };
        return shares.reference > 0 || (shares.window ?? 0) > 0 ? [shares] : [];
      }),
    };
  });
}

function sharesOf(counts: ArrayLike<number>): number[] {
  const all = Array.from(counts);
  const total = all.reduce((sum, count) => sum + count, 0);
  return all.map((count) => (total > 0 ? count / total : 0));
}

function binNames({ kind, edges, labels, binOfPlace }: MonitoredColumn): string[] {
  if (binOfPlace) return [...labels, "(other labels)", "(unseen)", "(missing)"];
  const text = (edge: number) => (kind === "datetime" ? new Date(edge).toISOString() : String(Number(edge.toPrecision(6))));
  const names = edges.map((edge, bin) =>
    bin === 0 ? `to ${text(edge)}` : `${text(edges[bin - 1] as number)} to ${text(edge)}`,
  );
  return [...names, edges.length > 0 ? `above ${text(edges.at(-1) as number)}` : "(any)", "(missing)"];
}
