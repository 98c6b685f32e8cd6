/** The trials of a sweep in plots and a table, which all show the brushed and the chosen trials. */
import { useMemo, useState } from "preact/hooks";
import { parameterLabels } from "../../../client/parameter-labels.ts";
import { isMaximized, type Sweep } from "../../../client/sweeps.ts";
import type { TrialState } from "../../../domain/sweeps/trial.ts";
import { ticksOf } from "../../plots/scale.ts";
import { useApp } from "../../shell/app-context.ts";
import { formatCount, formatValue } from "../../shell/format.ts";
import { Button } from "../../ui/button.tsx";
import { Check, Segments, SelectField } from "../../ui/field.tsx";
import { stateLabel } from "../../ui/state-badge.tsx";
import { Card } from "../../ui/surfaces.tsx";
import { type Brush, type Brushes, brushText, matching } from "./brushes.ts";
import { FoldsCard } from "./folds.tsx";
import { ImportanceCard } from "./importance.tsx";
import { parameterAxis, spansPowers, type TrialAxis, valueAxis } from "./plots/axes.ts";
import { createPainter } from "./plots/painter.ts";
import { MAX_LINES, ParallelPlot } from "./plots/parallel-plot.tsx";
import { PointPlot } from "./plots/point-plot.tsx";
import { MAX_CHOSEN, TrialCurves } from "./plots/trial-curves.tsx";
import { metricText } from "./sweep-text.ts";
import { goodnessOf, useTrialColours } from "./trial-colours.ts";
import type { TrialColumns } from "./trial-columns.ts";
import { TrialTable } from "./trial-table.tsx";

export interface TrialsProps {
  readonly sweep: Sweep;
  readonly columns: TrialColumns;
  /** Grows whenever the columns have changed. */
  readonly version: number;
}

type StateFilter = TrialState | "all";
const STATES: readonly TrialState[] = ["succeeded", "pruned", "failed", "running"];

export function Trials({ sweep, columns, version }: TrialsProps) {
  const maximized = isMaximized(sweep.spec.objective);
  const { axes, value, isLog, setLog } = useAxes(sweep, columns, version, maximized);
  const [brushes, setBrushes] = useState<Brushes>({});
  const [state, setState] = useState<StateFilter>("all");
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const { promoting, promote } = usePromotion(sweep.id);
  const colours = useTrialColours();
  const all = useMemo(() => [...axes, value], [axes, value]);
  const known = columns.known;
  const matched = useMemo(
    () => matching(columns, all, brushes, state === "all" ? null : state),
    [columns, known, all, brushes, state],
  );
  const goodness = useMemo(() => goodnessOf(value, known, maximized), [known, value.values, maximized]);
  const wanted = useMemo(() => ({}), [brushes, state, isLog]);
  const painter = useMemo(createPainter, []);
  const states = useMemo(() => statesOf(columns, state), [columns, known, version, state]);
  const choose = (number: number) =>
    setChosen((now) => (now.includes(number) ? now.filter((each) => each !== number) : [...now, number].slice(-MAX_CHOSEN)));
  const brush = (key: string, next: Brush | null) =>
    setBrushes(({ [key]: _, ...others }) => (next ? { ...others, [key]: next } : others));
  const best = sweep.progress.best?.number ?? null;
  const shared = { matched, known, goodness, colours, chosen, best, wanted, painter };
  const picked = { sweep: sweep.id, chosen, axes, version, promoting, onChoose: choose, onPromote: promote };
  return (
    <>
      <div class="sweep-plots">
        {axes.length === 0 && sweep.spec.folds ? (
          <FoldsCard sweep={sweep} version={version} />
        ) : (
          <Card title="Best so far" actions={<Check label="Log scale" checked={isLog} onChange={setLog} />}>
            <BestPlot {...shared} columns={columns} value={value} maximized={maximized} onPick={choose} />
          </Card>
        )}
        {axes.length > 0 && <ScatterCard {...shared} axes={axes} value={value} onPick={choose} />}
        {axes.length > 1 && (
          <ImportanceCard sweep={sweep.id} axes={axes} trials={known.length} isOpen={sweep.finished_at === null} />
        )}
      </div>
      {axes.length > 0 && (
        <Card
          title="Parallel coordinates"
          actions={
            <span class="muted parallel-hint">
              {matched.length > MAX_LINES && `${formatCount(MAX_LINES)} of ${formatCount(matched.length)} trials drawn. `}
              Drag along an axis to filter
            </span>
          }
        >
          <ParallelPlot {...shared} axes={all} brushes={brushes} onBrush={brush} />
        </Card>
      )}
      <Card
        title="Trials"
        flush
        actions={
          <Segments<StateFilter>
            label="Show trials that"
            value={state}
            options={states.map((each) => ({
              value: each,
              label: each === "all" ? "All" : stateLabel(each),
            }))}
            onChange={setState}
          />
        }
      >
        <Filters
          axes={all}
          brushes={brushes}
          matched={matched.length}
          known={known.length}
          onBrush={brush}
          onClear={() => setBrushes({})}
        />
        <TrialTable {...picked} columns={columns} matched={matched} value={value} isMaximized={maximized} />
      </Card>
      <TrialCurves {...picked} metric={metricText(sweep.spec.objective.metric)} />
    </>
  );
}

/** The axes of the parameters and of the objective, whose scale follows its values until the reader chooses one. */
function useAxes({ spec }: Sweep, columns: TrialColumns, version: number, maximized: boolean) {
  const [log, setLog] = useState<boolean | null>(null);
  const axes = useMemo(() => {
    const labels = parameterLabels(columns.parameters.map(({ pointer }) => pointer));
    return columns.parameters.map((column, index) => parameterAxis(column, labels[index] as string));
  }, [columns]);
  const isLog = useMemo(() => log ?? (!maximized && spansPowers(columns)), [log, columns, version, maximized]);
  const value = useMemo(
    () => valueAxis(columns, metricText(spec.objective.metric), isLog),
    [columns, version, isLog, spec.objective.metric],
  );
  return { axes, value, isLog, setLog: (next: boolean) => setLog(next) };
}

/** Makes a job of a trial, and shows it. */
function usePromotion(sweep: string) {
  const { api, router, toasts } = useApp();
  const [promoting, setPromoting] = useState<number | null>(null);
  const promote = async (number: number): Promise<void> => {
    setPromoting(number);
    try {
      const { id } = await api.promoteTrial(sweep, number);
      router.navigate(`/jobs/${id}`);
    } catch (error) {
      toasts.fail(error);
      setPromoting(null);
    }
  };
  return { promoting, promote: (number: number) => void promote(number) };
}

type Shared = Omit<Parameters<typeof PointPlot>[0], "name" | "label" | "x" | "y" | "line">;

interface BestPlotProps extends Shared {
  readonly columns: TrialColumns;
  readonly value: TrialAxis;
  readonly maximized: boolean;
}

function BestPlot({ columns, value, maximized, ...shared }: BestPlotProps) {
  const { total, known } = columns;
  const x = useMemo(() => {
    const last = Math.max(1, total - 1);
    return {
      name: "trial",
      shareOf: (number: number) => (total === 1 ? 0.5 : number / last),
      ticks: (count: number) =>
        total === 1
          ? [{ share: 0.5, label: "0" }]
          : ticksOf({ min: 0, max: last }, count)
              .filter((tick) => Number.isInteger(tick))
              .map((tick) => ({ share: tick / last, label: formatCount(tick) })),
    };
  }, [total]);
  const records = useMemo(() => recordsOf(columns, maximized), [columns, known, maximized]);
  const line = records.map(({ number, value: best }) => [x.shareOf(number), clamped(value.shareOf(best))] as const);
  const end = line.at(-1);
  const newest = known.at(-1);
  if (end && newest !== undefined) line.push([x.shareOf(newest), end[1]]);
  const last = records.at(-1);
  const label = `${value.name} by trial, ${known.length} of ${total}. ${last ? `Best: ${formatValue(last.value)}, trial ${last.number}.` : "No value yet."}`;
  return <PointPlot {...shared} name="best" label={label} x={x} y={value} line={line} />;
}

const clamped = (share: number): number => Math.min(1, Math.max(0, share));

/** The trials that were better than all before them. Only trials that were trained to their end count. */
function recordsOf(columns: TrialColumns, maximized: boolean): readonly { readonly number: number; readonly value: number }[] {
  const records: { number: number; value: number }[] = [];
  for (const number of columns.known) {
    const value = columns.values[number] as number;
    if (Number.isNaN(value) || columns.stateOf(number) !== "succeeded") continue;
    const best = records.at(-1)?.value;
    if (best === undefined || (maximized ? value > best : value < best)) records.push({ number, value });
  }
  return records;
}

interface ScatterCardProps extends Shared {
  readonly axes: readonly TrialAxis[];
  readonly value: TrialAxis;
}

function ScatterCard({ axes, value, ...shared }: ScatterCardProps) {
  const [key, setKey] = useState(axes[0]?.key ?? "");
  const axis = axes.find((each) => each.key === key) ?? (axes[0] as TrialAxis);
  const x = useMemo(
    () => ({
      name: axis.isLog ? `${axis.name}, log` : axis.name,
      ticks: axis.ticks,
      // Points over an option are spread beside each other.
      shareOf: (number: number) => {
        const share = axis.shareOf(axis.values[number] as number);
        return axis.options ? inset(share) + (spread(number) - 0.5) * Math.min(0.12, 0.5 * axis.step) : share;
      },
    }),
    [axis],
  );
  const ticks = (count: number) =>
    axis.ticks(count).map((tick) => (axis.options ? { ...tick, share: inset(tick.share) } : tick));
  const shown = useMemo(() => ({ ...x, ticks }), [x]);
  const label = `${value.name} over ${axis.name}, ${shared.matched.length} trials.`;
  return (
    <Card
      title="One parameter"
      actions={
        <div class="scatter-choice">
          <SelectField
            label={<span class="visually-hidden">Parameter</span>}
            value={axis.key}
            options={axes.map((each) => ({ value: each.key, label: each.label }))}
            onChange={setKey}
          />
        </div>
      }
    >
      <PointPlot {...shared} name="scatter" label={label} x={shown} y={value} />
    </Card>
  );
}

/** Options keep away from the edges, where their points would be cut. */
const inset = (share: number): number => 0.08 + share * 0.84;

/** A number of 0..1 that looks random, the same for a trial each time. */
const spread = (number: number): number => (((number * 0.618033988749895) % 1) + 1) % 1;

function statesOf(columns: TrialColumns, shown: StateFilter): readonly StateFilter[] {
  const present = new Set<TrialState | null>();
  for (const number of columns.known) present.add(columns.stateOf(number));
  return ["all", ...STATES.filter((state) => present.has(state) || state === shown)];
}

interface FiltersProps {
  readonly axes: readonly TrialAxis[];
  readonly brushes: Brushes;
  readonly matched: number;
  readonly known: number;
  onBrush(key: string, brush: Brush | null): void;
  onClear(): void;
}

/** The brushed axes, each with a button that removes its brush. */
function Filters({ axes, brushes, matched, known, onBrush, onClear }: FiltersProps) {
  const brushed = axes.filter(({ key }) => brushes[key]);
  if (brushed.length === 0) return null;
  return (
    <div class="trial-filters">
      <span>
        {formatCount(matched)} of {formatCount(known)} match
      </span>
      {brushed.map((axis) => (
        <span key={axis.key} class="chip">
          <span class="truncate" title={axis.name}>
            {axis.label} {brushText(axis, brushes[axis.key] as Brush)}
          </span>
          <Button
            small
            variant="quiet"
            icon="x"
            label={`Lift the filter on ${axis.name}`}
            onClick={() => onBrush(axis.key, null)}
          />
        </span>
      ))}
      {brushed.length > 1 && (
        <Button small variant="quiet" onClick={onClear}>
          Lift all
        </Button>
      )}
    </div>
  );
}
