/** The pass through columns that are not written plainly: finds out how they are written. Skipped if all columns are plain. Keeps no values. */
import { ColumnGuess, type Guess, type GuessContext } from "../../domain/datasets/column-guess.ts";
import type { ColumnType, OddCells } from "../../domain/datasets/dataset.ts";
import { type ReadingOptions, THOUSANDS } from "../../domain/datasets/reading-options.ts";
import type { Cells, Table } from "../../formats/tables/table.ts";
import type { Inference } from "./infer.ts";
import { oddCell, SHOWN_CELLS } from "./odd-cells.ts";

export interface GuessedColumn extends Guess {
  /** The first cells that do not fit. */
  readonly odd: OddCells["cells"];
}

/** The options for how columns are written. */
export type WritingOptions = Pick<ReadingOptions, "types" | "decimal" | "thousands" | "date_format">;

/** Decides on the columns that need it, by their index. Throws what the format of the table throws. */
export async function guessColumns(
  table: Table,
  inference: Inference,
  options: WritingOptions,
): Promise<ReadonlyMap<number, GuessedColumn>> {
  const guesses = createGuesses(inference, options);
  if (guesses.size === 0) return new Map();
  await table.scan((_, column, cells, index) => {
    const guess = guesses.get(column);
    if (guess && !cells.isMissing(index) && !cells.isMissingWord(index)) guess.see(cells, index);
  });
  const context = contextOf(guesses, inference.csv?.delimiter ?? "", options);
  return new Map([...guesses].map(([column, guess]) => [column, guess.decide(context)]));
}

class CellGuess {
  /** The first cells that can only be labels, and the first numbers with a unit and bounds. */
  readonly #labels: OddCells["cells"][number][] = [];
  readonly #measures: OddCells["cells"][number][] = [];
  readonly guess: ColumnGuess;

  constructor(guess: ColumnGuess) {
    this.guess = guess;
  }

  see(cells: Cells, index: number): void {
    if (cells.isText(index)) {
      const kind = this.guess.seeText(cells.text(index));
      if (kind === "value") return;
      const found = kind === "label" ? this.#labels : this.#measures;
      if (found.length < SHOWN_CELLS) found.push(oddCell(cells, index));
    } else if (cells.truth(index) >= 0) this.guess.seeTruth();
    else if (!Number.isNaN(cells.datetime(index))) this.guess.seeDate();
    else if (!Number.isNaN(cells.number(index))) this.guess.seeNumber(cells.number(index));
  }

  decide(context: GuessContext): GuessedColumn {
    const guess = this.guess.decide(context);
    const all = guess.areMeasuresOdd ? [...this.#labels, ...this.#measures] : this.#labels;
    const odd = all.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)).slice(0, SHOWN_CELLS);
    return { ...guess, odd };
  }
}

/** The type that the sender chose for a column. A date format for it counts as one too. */
export function chosenType(name: string, { types, date_format: dates }: WritingOptions): ColumnType | undefined {
  if (Object.hasOwn(types, name)) return types[name];
  return typeof dates === "object" && Object.hasOwn(dates, name) ? "datetime" : undefined;
}

function createGuesses({ names, columns, csv }: Inference, options: WritingOptions): Map<number, CellGuess> {
  const { decimal, thousands, date_format: dates } = options;
  const isGiven = decimal !== undefined || thousands !== undefined;
  const dateFormatOf = (name: string) => (typeof dates === "object" ? dates[name] : dates);
  const needs = names.map((name, column) => {
    const chosen = chosenType(name, options);
    const { type = "empty", isSuspect = false } = columns[column] ?? {};
    if (type === "empty" || (chosen !== undefined && !WRITTEN.has(chosen))) return false;
    const differs = chosen !== undefined && chosen !== type && !(chosen === "number" && type === "integer");
    return isSuspect || differs || isGiven || dateFormatOf(name) !== undefined;
  });
  const isNeeded = needs.includes(true);
  const guesses = new Map<number, CellGuess>();
  names.forEach((name, column) => {
    const chosen = chosenType(name, options);
    // 1.234 means a thousand if other columns have decimal commas, so numbers with points are decided together with those.
    const isPlain = columns[column]?.type === "number" && chosen === undefined;
    if (!needs[column] && !(isNeeded && isPlain)) return;
    const writing = { decimal, thousands: thousands && THOUSANDS[thousands], dateFormat: dateFormatOf(name) };
    const textNumbers = csv !== undefined || isGiven || chosen !== undefined;
    const areNumbers = chosen === "number" || chosen === "integer";
    const given = { ...writing, textNumbers, epoch: chosen === "datetime", areNumbers };
    guesses.set(column, new CellGuess(new ColumnGuess(given)));
  });
  return guesses;
}

/** Types whose values can be written in several ways. */
const WRITTEN: ReadonlySet<ColumnType> = new Set(["number", "integer", "datetime"]);

/** What the unambiguous columns say about the others. */
function contextOf(guesses: ReadonlyMap<number, CellGuess>, delimiter: string, { decimal }: WritingOptions): GuessContext {
  const hasSemicolons = delimiter === ";";
  const alone: GuessContext = { hasDecimalCommas: false, hasSemicolons: false, dayOrder: null };
  const certain = [...guesses.values()].map(({ guess }) => guess.decide(alone)).filter(({ ambiguity }) => ambiguity === null);
  const orders = new Set(certain.map(({ reading }) => reading.date_format));
  const dayOrder = orders.has("dmy") === orders.has("mdy") ? null : orders.has("dmy") ? "dmy" : "mdy";
  return {
    hasDecimalCommas: decimal === "," || certain.some(({ reading }) => reading.decimal === ","),
    hasSemicolons,
    dayOrder,
  };
}
