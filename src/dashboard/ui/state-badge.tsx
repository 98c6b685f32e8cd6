/** The state of a job, a sweep or a trial as icon, word and colour, and its progress. */
import type { JobState } from "../../domain/jobs/job.ts";
import type { TrialState } from "../../domain/sweeps/trial.ts";
import { Icon, type IconName } from "./icon.tsx";

/** The colours of states. */
export type Tone = "active" | "ok" | "bad" | "warn" | "idle";

type State = JobState | TrialState;

const STATES: Readonly<Record<State, readonly [icon: IconName, tone: Tone, label: string]>> = {
  queued: ["clock", "idle", "Queued"],
  running: ["loader", "active", "Running"],
  pausing: ["pause", "warn", "Pausing"],
  paused: ["pause", "warn", "Paused"],
  cancelling: ["ban", "idle", "Cancelling"],
  cancelled: ["ban", "idle", "Cancelled"],
  pruned: ["minus", "idle", "Pruned"],
  succeeded: ["check", "ok", "Succeeded"],
  failed: ["alert", "bad", "Failed"],
};

/** Returns the word for a state. */
export const stateLabel = (state: State): string => STATES[state][2];

/** Returns the colour of a state. */
export const stateTone = (state: State): Tone => STATES[state][1];

export function StateBadge({ state }: { readonly state: State }) {
  const [icon, tone, label] = STATES[state];
  return (
    <span class="badge" data-tone={tone} data-state={state}>
      <Icon name={icon} size={14} {...(state === "running" && { class: "turning" })} />
      {label}
    </span>
  );
}

export interface ProgressProps {
  /** 0..1. */
  readonly share: number;
  readonly tone: Tone;
  /** For screen readers. */
  readonly label: string;
}

export function Progress({ share, tone, label }: ProgressProps) {
  const percent = Math.round(share * 100);
  return (
    <span
      class="progress"
      data-tone={tone}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <span style={{ transform: `scaleX(${share})` }} />
    </span>
  );
}
