/** The webhooks of monitoring: the messages when a model's rows start to differ from the training rows, and when they stop. */
import type { Model } from "../models/model.ts";
import { keyOf, type WindowVerdict } from "./drift.ts";
import type { Layout } from "./layout.ts";
import type { MonitorWindow } from "./monitor-store.ts";

/**
 * The message of a judged window: `model.drifted` if a column differs that did not in the window before, `model.recovered` if none does and
 * one did. Null if nothing has changed.
 */
export function driftMessage(
  { id, name, version }: Pick<Model, "id" | "name" | "version">,
  { inputs, answers }: Layout,
  window: Pick<MonitorWindow, "number" | "rows" | "startedAt" | "endedAt">,
  { columns, drifted }: WindowVerdict,
  before: readonly string[],
): string | null {
  const isNew = drifted.some((column) => !before.includes(column));
  const isOver = drifted.length === 0 && before.length > 0;
  if (!isNew && !isOver) return null;
  const found = [...inputs, ...answers].flatMap((column, index) => {
    const drift = columns[index];
    if (!drift || !drifted.includes(keyOf(column))) return [];
    return [{ column: column.name, role: column.role, psi: drift.psi, p_value: drift.p }];
  });
  const time = (at: number) => new Date(at).toISOString();
  const data = {
    model: { id, name, version },
    window: {
      number: window.number,
      rows: window.rows,
      started_at: time(window.startedAt),
      ended_at: time(window.endedAt),
    },
    columns: found,
    before: [...before],
  };
  return JSON.stringify({ type: isNew ? "model.drifted" : "model.recovered", timestamp: time(window.endedAt), data });
}
