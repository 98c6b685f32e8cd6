/**
 * Counts the unit behind the numbers of one column, and decides whether it is one: letters right behind whole numbers may as well be part of
 * a name, as in seats, apartments and grades. Keeps one unit, and no values but an example.
 */
import { type UnitText, unitKey } from "./written-numbers.ts";

/** Units that are written right behind whole numbers, by `unitKey`. Of single letters, those that seats, apartments and grades do without. */
const KNOWN: ReadonlySet<string> = new Set(
  [
    // Lengths, areas and volumes.
    "nm um µm μm mm cm dm m km ft in yd mi mil mile inch feet foot mètre metre meter",
    "mm² cm² m² km² ha qm sqm sqft sqm. acre mm³ cm³ m³ cbm ml mL cl cL dl dL l L gal liter litre oz",
    // Masses and what is dissolved.
    "ng ug µg μg mcg mg g kg t lb lbs gram kilo mg/l mg/L mg/dl mg/dL g/l g/L g/dl g/dL ng/ml ng/mL ppm ppb mmol mol IU U/l U/L",
    // Times.
    "ns us µs μs ms s sec min h hr hrs d y yr yrs mo wk second minute hour day week month year tag stunde minuten jahr jahre monat woche an mois jour heure",
    // Temperatures and angles.
    "°C °F °K ° ºC ºF ℃ ℉ degC degF deg",
    // Electricity, power, energy, pressure, speed, frequency.
    "mV V kV mA W kW MW GW Wh kWh MWh GWh mAh Ah VA kVA kJ MJ kcal cal Ω kΩ MΩ ohm µF nF pF",
    "Pa hPa kPa MPa mbar bar psi atm mmHg kN Nm km/h kmh mph m/s kn rpm Hz kHz MHz GHz bpm dB dBm lx lm hp PS bhp cc ccm mpg",
    // Data, and what is counted or shortened.
    "kB KB MB GB TB PB KiB MiB GiB kbit kbps Mbps Gbps px pt dpi pc pcs Stk Stück Mio Mrd mio mrd bn mn k K M x pp bps ‰",
    // Money that is written behind a number.
    "円 元 圆 圓 원 万 億 kr zł Kč Ft ₽ руб руб. dollar euro pound yen",
    // East Asian counters.
    "年 月 日 歳 岁 階 分 秒 時間 小时 人 個 个 km² 平方米 ㎡ 坪",
  ].flatMap((units) => units.split(" ").map(unitKey)),
);

/** Money that is written behind a number, in words and in East Asia. */
const MONEY = /^(?:円|元|圆|圓|원|dollars?|euros?|pounds?|yen|kr|zł|Kč|Ft|₽|руб\.?)$/i;
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
    return this.#first === null || MONEY.test(this.#first.unit);
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
    const unit = this.unit ?? "";
    return KNOWN.has(unitKey(unit)) || unit.split(/[/·*]/).every((part) => KNOWN.has(unitKey(part.replace(/\^?[23]$/, ""))));
  }
}
