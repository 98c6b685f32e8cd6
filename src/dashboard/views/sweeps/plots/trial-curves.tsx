/** The chosen trials: their curves on one chart, and each with its parameters and actions. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Trial } from "../../../../client/sweeps.ts";
import { align } from "../../../charts/align.ts";
import { LineChart } from "../../../charts/chart.tsx";
import type { Span } from "../../../charts/curves.ts";
import type { PointTable } from "../../../charts/point-table.ts";
import { useApp } from "../../../shell/app-context.ts";
import { formatValue } from "../../../shell/format.ts";
import { Button, LinkButton } from "../../../ui/button.tsx";
import { Card, Empty } from "../../../ui/surfaces.tsx";
import type { TrialAxis } from "./axes.ts";

/** Maximum chosen trials at a time: as many as there are colours. */
export const MAX_CHOSEN = 8;

export interface TrialCurvesProps {
  readonly sweep: string;
  readonly chosen: readonly number[];
  readonly axes: readonly TrialAxis[];
  readonly metric: string;
  /** Another value: trials may have changed. */
  readonly version: number;
  readonly promoting: number | null;
  onChoose(number: number): void;
  onPromote(number: number): void;
}

export function TrialCurves(props: TrialCurvesProps) {
  const { sweep, chosen, axes, metric, promoting, onChoose, onPromote } = props;
  const trials = useTrials(sweep, chosen, props.version);
  const shown = chosen.flatMap((number) => trials.get(number) ?? []);
  return (
    <Card title="Chosen trials">
      {chosen.length === 0 ? (
        <Empty icon="compare" title="No trial is chosen">
          Choose up to {MAX_CHOSEN} in the table, or click on points, to see their curves and what they are.
        </Empty>
      ) : (
        <div class="stack">
          <Curves trials={shown} chosen={chosen} metric={metric} sweep={sweep} />
          <ul class="chosen-trials">
            {shown.map((trial) => (
              <li key={trial.number} class="chosen-trial">
                <div class="row">
                  <span class="swatch" data-colour={(chosen.indexOf(trial.number) % 8) + 1} />
                  <strong>Trial {trial.number}</strong>
                  <span>{formatValue(trial.value)}</span>
                  {trial.fold_values && trial.fold_values.length > 1 && (
                    <span class="muted">
                      {trial.fold_values.length} folds, {formatValue(Math.min(...trial.fold_values))} to{" "}
                      {formatValue(Math.max(...trial.fold_values))}
                    </span>
                  )}
                  <Button
                    small
                    variant="quiet"
                    icon="x"
                    label={`Leave out trial ${trial.number}`}
                    onClick={() => onChoose(trial.number)}
                  />
                </div>
                {trial.reason && <p class="field-error">{trial.reason}</p>}
                <dl class="trial-facts">
                  {axes.map((axis) => (
                    <div key={axis.key}>
                      <dt class="truncate" title={axis.name}>
                        {axis.label}
                      </dt>
                      <dd class="truncate">
                        {Number.isNaN(axis.values[trial.number]) ? "–" : axis.format(axis.values[trial.number] as number)}
                      </dd>
                    </div>
                  ))}
                </dl>
                {trial.sha256 && (
                  <p class="muted truncate mono" title={trial.sha256}>
                    SHA-256 {trial.sha256}
                  </p>
                )}
                <div class="row wrap">
                  {(trial.state === "succeeded" || trial.state === "pruned") && (
                    <Button small icon="flag" busy={promoting === trial.number} onClick={() => onPromote(trial.number)}>
                      Promote
                    </Button>
                  )}
                  <LinkButton small icon="edit" href={`/new?sweep=${sweep}&trial=${trial.number}`}>
                    Clone and edit
                  </LinkButton>
                </div>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}

/** Reads the chosen trials, each once; unfinished ones again when trials have changed. */
function useTrials(sweep: string, chosen: readonly number[], version: number): ReadonlyMap<number, Trial> {
  const { api, toasts } = useApp();
  const [trials, setTrials] = useState<ReadonlyMap<number, Trial>>(new Map());
  useEffect(() => {
    const abort = new AbortController();
    const isOpen = (number: number) => trials.get(number)?.state === "running" || !trials.has(number);
    for (const number of chosen.filter(isOpen))
      api.trial(sweep, number, { signal: abort.signal }).then(
        (trial) => setTrials((now) => new Map(now).set(number, trial)),
        (error: unknown) => !abort.signal.aborted && toasts.fail(error),
      );
    return () => abort.abort();
  }, [api, sweep, chosen, version]);
  return trials;
}

interface CurvesProps {
  readonly trials: readonly Trial[];
  readonly chosen: readonly number[];
  readonly metric: string;
  readonly sweep: string;
}

function Curves({ trials, chosen, metric, sweep }: CurvesProps) {
  const [span, setSpan] = useState<Span | null>(null);
  const drawn = useMemo(() => trials.filter(({ curve }) => curve && curve.epochs.length > 0), [trials]);
  const shape = drawn.map(({ number, epochs }) => `${number} ${epochs}`).join();
  const { epochs, lines } = useMemo(() => {
    const aligned = align(drawn.map(tableOf));
    return {
      epochs: aligned.epochs,
      lines: drawn.flatMap(({ number }, index) => {
        const line = aligned.line(index, "value");
        const color = `--chart-${(chosen.indexOf(number) % 8) + 1}`;
        return line ? [{ key: String(number), label: `Trial ${number}`, color, ...line }] : [];
      }),
    };
  }, [shape, chosen]);
  if (drawn.length === 0) return <p class="muted">These trials have no curves.</p>;
  return (
    <LineChart
      title={metric}
      epochs={epochs}
      lines={lines}
      span={span ?? { from: epochs[0] ?? 1, to: epochs.at(-1) ?? 1 }}
      onSpan={setSpan}
      syncKey={sweep}
      height={260}
    />
  );
}

const tableOf = ({ curve }: Trial): PointTable => ({
  epochs: Float64Array.from(curve?.epochs ?? []),
  columns: { value: Float64Array.from(curve?.values ?? [], (value) => value ?? Number.NaN) },
});
