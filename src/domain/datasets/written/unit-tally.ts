/**
 * Counts the values of one column that have a unit, and decides whether it is one: letters right behind whole numbers may also be part of a
 * name, as in seats, flats and grades. Keeps one unit, and no values except an example.
 */
import { isKnownUnit, isMoneyUnit, isMultiple } from "./known-units.ts";
import type { UnitText } from "./written-numbers.ts";

/** The share of the values with a unit that must clearly be measures before letters right behind whole numbers count as a unit too. */
const PLAIN_SHARE = 1 / 10;
/** A sign, money or decimals before the letters, which no seat has. A point right behind the digits says nothing. */
const MEASURE = /[^\d.,]|\d[.,]\d/;
const SINGLE_LETTER = /^[\p{Script=Latin}\p{Script=Cyrillic}]$/u;

/** Letters behind the numbers of a column that may be a unit or not, or cannot be left out as one. */
export interface LetterDoubt {
  readonly unit: string;
  /** A value with them. */
  readonly example: string;
  /** What keeps the column from being one of numbers: other values have no unit, as 900 beside 2K, or another one. */
  readonly beside: "no unit" | "another unit" | null;
  /** Whether few of the numbers have them. */
  readonly areFew: boolean;
}

/** The unit of one column, and how its values are written with it. */
export class UnitTally {
  #first: UnitText | null = null;
  #example = "";
  #count = 0;
  #apart = 0;
  #plain = 0;
  #hasBare = false;
  #others = 0;
  #other = "";

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

  /** Whether this is the unit of the column, which the first value with a unit decides. */
  takes({ key }: UnitText): boolean {
    return this.#first === null || this.#first.key === key;
  }

  /** Adds a value with the unit of the column. */
  add(text: string, split: UnitText): void {
    this.#first ??= split;
    this.#example ||= text;
    this.#count++;
    if (split.isApart) this.#apart++;
    if (split.isApart || MEASURE.test(split.number)) this.#plain++;
  }

  /** Adds a value with another unit than that of the column. */
  seeOther(text: string, { unit }: UnitText): void {
    if (!isKnownUnit(unit)) return;
    this.#others++;
    this.#other ||= text;
  }

  /** How many values have another unit, which is known. */
  get others(): number {
    return this.#others;
  }

  /** The doubt on a column of numbers with several known units; null if it has one. */
  get severalUnits(): LetterDoubt | null {
    const { unit } = this;
    return unit !== null && this.#isKnown && this.#others > 0
      ? { unit, example: this.#other, beside: "another unit", areFew: false }
      : null;
  }

  /** Adds a number without a unit. Zero does not count, because it is the same in any unit. */
  seeBare(value: number): void {
    if (value !== 0) this.#hasBare = true;
  }

  /** Whether it multiplies some of the numbers and not the others: read without it, 2K would be less than 900. */
  get isOnSome(): boolean {
    return this.#hasBare && this.#first !== null && isMultiple(this.#first.unit);
  }

  /** Whether it is certainly a unit, behind however few of the numbers: a known word or abbreviation of at least two letters, and no multiple. */
  get isWord(): boolean {
    const { unit } = this;
    return unit !== null && this.#isKnown && /^\p{L}{2}/u.test(unit) && !isMultiple(unit);
  }

  /** Whether the unit is letters right behind whole numbers, and not a known one. */
  get isDoubtful(): boolean {
    return this.#hasLetters && !this.#isKnown && this.#plain < this.#count * PLAIN_SHARE;
  }

  /** The letters, if they may be something other than a unit of all so many numbers: 2 hr beside 90 may be hours beside minutes. */
  doubtAmong(numbers: number): LetterDoubt | null {
    const { unit } = this;
    if (unit === null || !this.#hasLetters) return null;
    const { isOnSome } = this;
    const areFew = this.#hasBare && this.#count * 2 <= numbers;
    const isClear = !areFew && this.#isKnown && (!SINGLE_LETTER.test(unit) || this.#apart * 2 > this.#count);
    return isClear && !isOnSome ? null : { unit, example: this.#example, beside: isOnSome ? "no unit" : null, areFew };
  }

  get #hasLetters(): boolean {
    return /^\p{L}/u.test(this.unit ?? "");
  }

  get #isKnown(): boolean {
    return this.#first !== null && isKnownUnit(this.#first.unit);
  }
}
