/**
 * The trials of a sweep in columns, by their numbers: bounded by the number of the sweep's trials, and cheap to filter, sort and draw.
 * Knows neither where trials come from nor how they are shown.
 */
import type { Parameter, ParameterValue } from "../../../domain/sweeps/parameter.ts";
import type { TrialState } from "../../../domain/sweeps/trial.ts";

/** The states by their code; 0 is a trial without a result. */
const STATES: readonly (TrialState | null)[] = [null, "running", "succeeded", "pruned", "failed", "queued"];
const isFinal = (code: number): boolean => code >= 2 && code <= 4;

/** A parameter and its value in each trial. */
export interface ParameterColumn {
  readonly pointer: string;
  readonly parameter: Parameter;
  /** The listed values, or the names of the choices; null for a range. */
  readonly options: readonly ParameterValue[] | null;
  /** By the number of the trial: the number, or the index of the option; NaN if it is inactive or there is no result. */
  readonly values: Float64Array;
}

/** The columns of all trials. Arrays are by number, as long as the sweep has trials. */
export interface TrialColumns {
  readonly total: number;
  readonly parameters: readonly ParameterColumn[];
  /** The objective; NaN if there is none. */
  readonly values: Float64Array;
  readonly epochs: Float64Array;
  readonly seconds: Float64Array;
  /** The numbers of the trials that have a result, ascending. */
  readonly known: Uint32Array;
  /** The number of the last trial before the first that may still change; null before there is one. */
  readonly settled: number | null;
  stateOf(number: number): TrialState | null;
  /** Why a trial failed. */
  reasonOf(number: number): string | null;
  /** The value of a parameter in a trial; undefined if it is inactive. */
  valueOf(column: ParameterColumn, number: number): ParameterValue | undefined;
  /** Adds the rows of the API's CSV; the first is the heading. `count` brings `known` up to date. */
  put(heading: readonly string[], row: readonly string[]): void;
  count(): void;
}

/** Creates the columns of a sweep with `total` trials and these parameters. */
export function createTrialColumns(total: number, parameters: Readonly<Record<string, Parameter>>): TrialColumns {
  const empty = () => new Float64Array(total).fill(Number.NaN);
  const columns = Object.entries(parameters).map(([pointer, parameter]) => {
    const options = optionsOf(parameter);
    return { pointer, parameter, options, values: empty(), places: options && placesOf(options) };
  });
  const states = new Uint8Array(total);
  const reasons = new Map<number, string>();
  const [values, epochs, seconds] = [empty(), empty(), empty()];
  let known = new Uint32Array(0);
  let settled: number | null = null;
  return {
    total,
    parameters: columns,
    values,
    epochs,
    seconds,
    get known() {
      return known;
    },
    get settled() {
      return settled;
    },
    stateOf: (number) => STATES[states[number] ?? 0] ?? null,
    reasonOf: (number) => reasons.get(number) ?? null,
    valueOf({ options, values: own }, number) {
      const value = own[number] ?? Number.NaN;
      if (Number.isNaN(value)) return undefined;
      return options ? options[value] : value;
    },
    put(heading, row) {
      const cell = (name: string) => row[heading.indexOf(name)] ?? "";
      const number = Number(cell("number"));
      if (!(number < total)) return;
      states[number] = Math.max(0, STATES.indexOf(cell("state") as TrialState));
      values[number] = numberOf(cell("value"));
      epochs[number] = numberOf(cell("epochs"));
      seconds[number] = numberOf(cell("seconds"));
      if (cell("reason") !== "") reasons.set(number, cell("reason"));
      for (const column of columns) {
        const text = cell(column.pointer);
        column.values[number] = column.places ? (column.places.get(text) ?? Number.NaN) : numberOf(text);
      }
    },
    count() {
      known = Uint32Array.from(states.keys()).filter((number) => states[number] !== 0);
      let next = 0;
      while (next < total && isFinal(states[next] as number)) next++;
      settled = next === 0 ? null : next - 1;
    },
  };
}

const numberOf = (text: string): number => (text === "" ? Number.NaN : Number(text));

function optionsOf(parameter: Parameter): readonly ParameterValue[] | null {
  if ("values" in parameter) return parameter.values;
  return "choices" in parameter ? Object.keys(parameter.choices) : null;
}

/** The index of each option by how a CSV writes it. */
function placesOf(options: readonly ParameterValue[]): ReadonlyMap<string, number> {
  return new Map(options.map((option, index) => [option === null ? "" : String(option), index]));
}
