/** The history of a job: its states, attempt by attempt. */
import type { Job } from "../../../client/answers.ts";
import { isOver, isTraining } from "../../jobs/job-reading.ts";
import { useNow } from "../../shell/clock.ts";
import { formatCount, formatDuration, formatTime } from "../../shell/format.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Card } from "../../ui/surfaces.tsx";

type Transition = Job["transitions"][number];

/** A state of a job, and how long it lasted. */
export interface StateSpan extends Transition {
  /** How long the state lasted; null while it does. */
  readonly seconds: number | null;
}

export interface Attempt {
  /** Counted from 1; 0 is the time before the first one. */
  readonly number: number;
  readonly spans: readonly StateSpan[];
}

/**
 * Groups the transitions of a job by attempts: one begins each time that it runs.
 *
 * @internal Exported for a test, which renders no page.
 */
export function attemptsOf(transitions: readonly Transition[]): readonly Attempt[] {
  const attempts: { number: number; spans: StateSpan[] }[] = [];
  transitions.forEach((transition, index) => {
    const next = transitions[index + 1];
    const seconds = next ? (Date.parse(next.at) - Date.parse(transition.at)) / 1000 : null;
    const before = attempts.at(-1);
    if (!before || transition.state === "running")
      attempts.push({ number: before ? before.number + 1 : Number(transition.state === "running"), spans: [] });
    attempts.at(-1)?.spans.push({ ...transition, seconds });
  });
  return attempts;
}

export function HistoryTab({ job }: { readonly job: Job }) {
  const attempts = attemptsOf(job.transitions);
  return (
    <div class="stack">
      {[...attempts].reverse().map((attempt) => (
        <Card key={attempt.number} title={attempt.number === 0 ? "Before it ran" : `Attempt ${attempt.number}`} flush>
          <ol class="timeline">
            {[...attempt.spans].reverse().map((span) => (
              <StateLine key={span.at + span.state} span={span} job={job} />
            ))}
          </ol>
        </Card>
      ))}
    </div>
  );
}

function StateLine({ span: { state, at, reason, seconds }, job }: { readonly span: StateSpan; readonly job: Job }) {
  const now = useNow(1000);
  const lasted = seconds ?? (isOver({ state }) ? null : (now - Date.parse(at)) / 1000);
  return (
    <li>
      <StateBadge state={state} />
      <span class="grow">{reason}</span>
      {seconds === null && isTraining({ state }) && <span class="muted">epoch {formatCount(job.epochs_done)}</span>}
      <span class="muted num">{lasted === null ? "" : `for ${formatDuration(lasted)}`}</span>
      <time class="muted" dateTime={at}>
        {formatTime(at)}
      </time>
    </li>
  );
}
