/** The result of cross-validation: the value of each fold, their mean and their spread. */
import type { Sweep } from "../../../client/sweeps.ts";
import { useApp } from "../../shell/app-context.ts";
import { formatValue } from "../../shell/format.ts";
import { useResource } from "../../shell/resource.ts";
import { Card, Problem } from "../../ui/surfaces.tsx";
import { metricText } from "./sweep-text.ts";

export interface FoldsProps {
  readonly sweep: Sweep;
  /** Grows whenever the trial may have changed. */
  readonly version: number;
}

/** The folds of a sweep without parameters: it has one trial. */
export function FoldsCard({ sweep, version }: FoldsProps) {
  const { api } = useApp();
  const { data: trial, error, reload } = useResource((signal) => api.trial(sweep.id, 0, { signal }), [api, sweep.id, version]);
  const values = trial?.fold_values;
  const metric = metricText(sweep.spec.objective.metric);
  return (
    <Card title="Folds">
      {error ? <Problem error={error} retry={reload} /> : null}
      {trial && !values && <p class="muted">{trial.reason ?? "The folds have no value."}</p>}
      {values && (
        <div class="stack">
          <p>
            <strong class="num">
              {formatValue(trial.value)} ± {formatValue(spreadOf(values))}
            </strong>{" "}
            <span class="muted">
              {metric}: mean and standard deviation of {values.length} folds
            </span>
          </p>
          <ol class="importances folds" aria-label={`${metric} of each fold`}>
            {values.map((value, index) => (
              <li key={index}>
                <span>Fold {index + 1}</span>
                <span class="importance-bar" aria-hidden="true">
                  <span style={{ width: `${100 * shareOf(value, values)}%` }} />
                </span>
                <span class="num">{formatValue(value)}</span>
              </li>
            ))}
          </ol>
        </div>
      )}
    </Card>
  );
}

/** The length of a value's bar, 0..1: bars begin at 0. */
const shareOf = (value: number, all: readonly number[]): number =>
  Math.abs(value) / Math.max(...all.map(Math.abs), Number.MIN_VALUE);

/** The standard deviation of a sample. */
function spreadOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
}
