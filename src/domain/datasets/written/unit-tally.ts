/**
 * Counts the unit behind the numbers of one column, and decides whether it is one: letters right behind whole numbers may as well be part of
 * a name, as in seats, apartments and grades. Keeps one unit, and no values but an example.
 */
import { isKnownUnit, isMoneyUnit } from "./known-units.ts";
import type { UnitText } from "./written-numbers.ts";

/** Of the values with a unit, the share that must be written as measures are before letters right behind the others are a unit too. */
const PLAIN_SHARE = 1 / 10;
/** A sign, a sum of money or decimals before the letters: no seat is written so. A point behind the digits says nothing. */
const MEASURE = /[^\d.,]|\d[.,]\d/;

/** Letters behind the numbers of a column that may be a unit or part of a name. */
export interface LetterDoubt {
  readonly unit: string;
  /** A value with them. */
  readonly example: string;
}

/** The unit of one column, and how its values have it. */
export class UnitTally {
  #first: UnitText | null = null;
  #example = "";
  #count = 0;
  #apart = 0;
  #plain = 0;

  /** The unit as its first value has it; null where none has one. */
  get unit(): string | null {
    return this.#first?.unit ?? null;
  }

  /** How many values have it. */
  get count(): number {
    return this.#count;
  }

  /** Whether it is one of money, where there is one. */
  get isMoney(): boolean {
    return this.#first === null || isMoneyUnit(this.#first.unit);
  }

  /** Whether a value may have this unit: the first one decides it. */
  takes({ key }: UnitText): boolean {
    return this.#first === null || this.#first.key === key;
  }

  /** Adds a value whose unit it takes. */
  add(text: string, split: UnitText): void {
    this.#first ??= split;
    this.#example ||= text;
    this.#count++;
    if (split.isApart) this.#apart++;
    if (split.isApart || MEASURE.test(split.number)) this.#plain++;
  }

  /** Whether letters stand right behind whole numbers, and are no unit that is known. */
  get isDoubtful(): boolean {
    return this.#hasLetters && !this.#isKnown && this.#plain < this.#count * PLAIN_SHARE;
  }

  /** The letters, if they may be something else than a unit. */
  get doubt(): LetterDoubt | null {
    const { unit } = this;
    if (unit === null || !this.#hasLetters) return null;
    const isClear = this.#isKnown && (!/^[a-z]$/i.test(unit) || this.#apart * 2 > this.#count);
    return isClear ? null : { unit, example: this.#example };
  }

  get #hasLetters(): boolean {
    return /^\p{L}/u.test(this.unit ?? "");
  }

  get #isKnown(): boolean {
    return this.#first !== null && isKnownUnit(this.#first.unit);
  }
}
