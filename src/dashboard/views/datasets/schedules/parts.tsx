/** Shared by the list of schedules and the view of one: their client, who may change them, and how times, sources and runs are shown. */
import { useMemo } from "preact/hooks";
import { createSchedulesClient, type Schedule, type ScheduleRun, type SchedulesClient } from "../../../../client/schedules.ts";
import { useApp } from "../../../shell/app-context.ts";
import { formatValue } from "../../../shell/format.ts";
import { useStore } from "../../../shell/store.ts";
import { Icon, type IconName } from "../../../ui/icon.tsx";
import type { Tone } from "../../../ui/state-badge.tsx";

export const LIST = "/datasets/schedules";

/** Longer text of a cell: it wraps, and a phone scrolls to it rather than narrows it. In a style sheet it would burden every first visit. */
export const CELL = {
  ...{ display: "inline-block", paddingBlock: "6px" },
  ...{ minWidth: "180px", maxWidth: "360px", overflowWrap: "anywhere" },
} as const;
export const ONE_LINE = { whiteSpace: "nowrap" } as const;

/** Methods about schedules. They are created here, because a first visit does without them. */
export function useSchedules(): SchedulesClient {
  const { api } = useApp();
  return useMemo(() => createSchedulesClient(api.transport), [api]);
}

/** Whether this browser's key may change schedules. The server has the last word. */
export function useMayChange(): boolean {
  const { session } = useApp();
  return useStore(session.state, ({ phase, scopes }) => phase === "open" || scopes.includes("submit"));
}

/** Where a table comes from, in one line. */
export function sourceText({ url, s3, postgres }: Schedule["source"]): string {
  return url ?? postgres?.url ?? `${s3?.endpoint ?? "s3:/"}/${s3?.bucket}/${s3?.key}`;
}

/** A time to the minute, in the reader's zone, which is named. */
export function zonedTime(at: string): string {
  return new Date(at).toLocaleString(undefined, {
    ...{ weekday: "short", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
    timeZoneName: "short",
  });
}

const STATES: Readonly<Record<ScheduleRun["state"], readonly [icon: IconName, tone: Tone, label: string]>> = {
  fetching: ["loader", "active", "Fetching"],
  training: ["loader", "active", "Training"],
  comparing: ["loader", "active", "Comparing"],
  unchanged: ["minus", "idle", "Unchanged"],
  trained: ["check", "ok", "Trained"],
  promoted: ["check", "ok", "Promoted"],
  kept: ["minus", "idle", "Kept"],
  failed: ["alert", "bad", "Failed"],
};

export function RunBadge({ state }: Pick<ScheduleRun, "state">) {
  const [icon, tone, label] = STATES[state];
  return (
    <span class="badge" data-tone={tone}>
      <Icon name={icon} size={14} {...(icon === "loader" && { class: "turning" })} />
      {label}
    </span>
  );
}

/** Why a run ended as it did: its error, or how its model compares with the one in use. "" if there is nothing to say. */
export function reasonOf({ error, comparison }: ScheduleRun): string {
  if (error !== null) return error;
  if (!comparison) return "";
  const { metric, gain, reason, rows, old } = comparison;
  if (gain === null) return reason ?? "";
  return `${metric} ${gain > 0 ? "+" : ""}${formatValue(gain)} against version ${old.version}, on ${rows} rows`;
}
