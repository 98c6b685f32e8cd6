/** The axes of a sweep's plots: where a value lies on its scale, linear, logarithmic or a list of options, and its ticks. Pure. */
import type { ParameterValue } from "../../../../domain/sweeps/parameter.ts";
import { type Domain, domainOf, shareOf, tickLabel, ticksOf } from "../../../plots/scale.ts";
import { formatValue } from "../../../shell/format.ts";
import type { ParameterColumn, TrialColumns } from "../trial-columns.ts";

/** A tick at a share of an axis, 0..1. */
export interface Tick {
  readonly share: number;
  readonly label: string;
}

/** An axis of one parameter, or of the objective. */
export interface TrialAxis {
  /** The pointer of its parameter; `value` for the objective. */
  readonly key: string;
  /** Short, for the axis; `name` is whole. */
  readonly label: string;
  readonly name: string;
  readonly isLog: boolean;
  readonly options: readonly string[] | null;
  /** By the number of the trial. */
  readonly values: Float64Array;
  /** The position of a value, 0..1; NaN if it has none. */
  shareOf(value: number): number;
  valueAt(share: number): number;
  /** About `count` ticks. */
  ticks(count: number): readonly Tick[];
  format(value: number): string;
  /** How far a key moves an edge on it, as a share. */
  readonly step: number;
}

/** The key of the objective's axis. No pointer has it: those begin with a slash. */
const VALUE_KEY = "value";

/** Returns the axis of a parameter. */
export function parameterAxis(column: ParameterColumn, label: string): TrialAxis {
  const { pointer, parameter, options, values } = column;
  const named = { key: pointer, label, name: pointer, values };
  if (options) return optionsAxis(named, options);
  const { min, max, scale, integer } = parameter as Extract<ParameterColumn["parameter"], { min: number }>;
  return numberAxis(named, domainOf([min, max]), scale === "log", integer ?? false);
}

/** Returns the axis of the objective, around the existing values. */
export function valueAxis({ values }: TrialColumns, metric: string, isLog: boolean): TrialAxis {
  const named = { key: VALUE_KEY, label: metric, name: metric, values };
  const drawn = isLog ? domainOf(positive(values)) : domainOf(values, 0.03);
  return numberAxis(named, drawn, isLog, false);
}

/** Whether values are best shown on a logarithmic scale: all are above 0, and span powers of ten. */
export function spansPowers({ values, known }: TrialColumns): boolean {
  let [least, greatest] = [Number.POSITIVE_INFINITY, 0];
  for (const number of known) {
    const value = values[number] as number;
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return least > 0 && greatest > 30 * least;
}

type Named = Pick<TrialAxis, "key" | "label" | "name" | "values">;

function numberAxis(named: Named, domain: Domain, isLog: boolean, isWhole: boolean): TrialAxis {
  const to = isLog ? Math.log10 : (value: number) => value;
  const from = isLog ? (unit: number) => 10 ** unit : (unit: number) => unit;
  const units: Domain = isLog ? domainOf([to(domain.min), to(domain.max)]) : domain;
  return {
    ...named,
    isLog,
    options: null,
    shareOf: (value) => shareOf(units, to(value)),
    valueAt: (share) => from(units.min + share * (units.max - units.min)),
    ticks: (count) =>
      (isLog ? powers(units, count) : ticksOf(units, count).filter((tick) => !isWhole || Number.isInteger(tick))).map(
        (tick) => ({
          share: shareOf(units, to(tick)),
          label: Math.abs(tick) >= 1e4 ? tick.toExponential().replace("e+", "e").replace("-", "−") : tickLabel(tick),
        }),
      ),
    format: (value) => (isWhole ? String(Math.round(value)) : formatValue(value)),
    step: isWhole ? Math.max(0.02, 1 / (units.max - units.min)) : 0.02,
  };
}

function optionsAxis(named: Named, options: readonly ParameterValue[]): TrialAxis {
  const last = options.length - 1;
  const place = (index: number) => (last === 0 ? 0.5 : index / last);
  const labels = options.map((option) => (typeof option === "string" ? option : JSON.stringify(option)));
  return {
    ...named,
    isLog: false,
    options: labels,
    shareOf: place,
    valueAt: (share) => (last === 0 ? 0 : share * last),
    ticks(count) {
      const stride = Math.max(1, Math.ceil(options.length / Math.max(2, count)));
      return labels
        .map((label, index) => ({ share: place(index), label }))
        .filter((_, index) => index % stride === 0 || index === last);
    },
    format: (value) => labels[Math.min(last, Math.max(0, Math.round(value)))] ?? "",
    step: last === 0 ? 1 : 1 / last,
  };
}

/** Powers of ten in a domain of logarithms; if there are few, their doubles and fives too; at least one end. */
function powers({ min, max }: Domain, count: number): number[] {
  const first = Math.floor(min);
  const exponents = Array.from({ length: Math.ceil(max) - first + 1 }, (_, index) => first + index);
  const within = (factors: readonly number[]) =>
    exponents
      .flatMap((exponent) => factors.map((factor) => Number(`${factor}e${exponent}`)))
      .filter((tick) => Math.log10(tick) >= min - 1e-9 && Math.log10(tick) <= max + 1e-9);
  const whole = within([1]);
  const stride = Math.ceil(whole.length / Math.max(1, count));
  if (whole.length >= 3) return whole.filter((_, index) => index % stride === 0);
  const fine = within([1, 2, 5]);
  return fine.length > 0 ? fine : [10 ** min];
}

function* positive(values: Float64Array): Iterable<number> {
  for (const value of values) if (value > 0) yield value;
}
