/** The size of the job or its errors, and the button that submits it. */
import { searchMetricLabel, searchOf } from "../../client/search.ts";
import { formatBytes, formatCount } from "../shell/format.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Notes } from "../ui/notes.tsx";
import { Problem } from "../ui/surfaces.tsx";
import type { Verdict } from "./use-validation.ts";

const TASKS = {
  regression: "Regression",
  binary_classification: "Two classes",
  multiclass_classification: "Several classes",
} as const;

const MAX_FAULTS = 6;

export interface VerdictCardProps {
  readonly verdict: Verdict;
  /** Whether it starts a sweep instead of a job. */
  readonly isSweep: boolean;
  readonly busy: boolean;
  readonly error: unknown;
  onSubmit(): void;
}

export function VerdictCard({ verdict, isSweep, busy, error, onSubmit }: VerdictCardProps) {
  const { phase, valid, faults } = verdict;
  const search = valid && searchOf(valid.spec);
  return (
    <section class="card verdict" aria-label={isSweep ? "Summary of the sweep" : "Summary of the job"}>
      <div class="card-body stack">
        <p class="verdict-line" role="status" data-phase={phase}>
          <Icon name={ICONS[phase]} />
          {SENTENCES[phase]}
        </p>
        {verdict.error ? <Problem error={verdict.error} /> : null}
        {phase === "invalid" && (
          <ul class="verdict-faults">
            {[...faults].slice(0, MAX_FAULTS).map(([pointer, detail]) => (
              <li key={pointer}>
                <code>{pointer || "/"}</code> {detail}
              </li>
            ))}
            {faults.size > MAX_FAULTS && <li class="muted">and {faults.size - MAX_FAULTS} more</li>}
          </ul>
        )}
        <dl class="verdict-facts">
          <dt>Task</dt>
          <dd>{valid ? TASKS[valid.spec.task] : "–"}</dd>
          <dt>Rows</dt>
          <dd>{valid ? formatCount(valid.rows) : "–"}</dd>
          {valid && search ? (
            <>
              <dt>Candidates</dt>
              <dd>{formatCount(search.trials)}</dd>
              <dt>Chosen by</dt>
              <dd>{searchMetricLabel(search.metric)}</dd>
            </>
          ) : (
            <>
              {valid?.sweep ? (
                <>
                  <dt>Trials</dt>
                  <dd>{formatCount(valid.sweep.trials)}</dd>
                </>
              ) : (
                <>
                  <dt>Parameters</dt>
                  <dd>{valid?.parameters ? formatCount(valid.parameters) : "–"}</dd>
                </>
              )}
              <dt>Loss</dt>
              <dd>{valid ? valid.spec.loss.type : "–"}</dd>
            </>
          )}
          <dt>Memory</dt>
          <dd>{valid ? formatBytes(valid.memory_bytes) : "–"}</dd>
        </dl>
        {valid && <Notes notes={valid.notes} title="About the data" />}
        {error ? <Problem error={error} /> : null}
        <Button
          variant="primary"
          icon={isSweep ? "sliders" : "play"}
          busy={busy}
          disabled={phase !== "valid" && phase !== "checking"}
          onClick={onSubmit}
        >
          {isSweep ? "Start a sweep" : "Train"}
        </Button>
      </div>
    </section>
  );
}

const ICONS = { checking: "loader", valid: "check", invalid: "alert", incomplete: "clock", unreachable: "offline" } as const;

const SENTENCES: Readonly<Record<Verdict["phase"], string>> = {
  checking: "Checking",
  valid: "Ready to train",
  invalid: "The spec has errors",
  incomplete: "Choose the data and its target first",
  unreachable: "The spec could not be checked",
};
