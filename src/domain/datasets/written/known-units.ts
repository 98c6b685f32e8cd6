/** Units as people write them behind numbers and below the names of columns. Knows words, no columns. */
import { isMoney, unitKey } from "./written-numbers.ts";

/** Units that are written right behind whole numbers, by `unitKey`. Of single letters, those that seats, apartments and grades do without. */
const KNOWN: ReadonlyMap<string, string> = new Map(
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
  ].flatMap((units) => units.split(" ").map((unit) => [unitKey(unit), unit] as const)),
);

/** Money that is written behind a number, in words and in East Asia. */
const MONEY = /^(?:円|元|圆|圓|원|dollars?|euros?|pounds?|yen|kr|zł|Kč|Ft|₽|руб\.?)$/i;

/** Whether letters right behind a whole number are certainly its unit, alone or composed: kg, m/s. */
export function isKnownUnit(unit: string): boolean {
  return isKnown(unit) || unit.split(/[/·*]/).every((part) => isKnown(part.replace(/\^?[23]$/, "")));
}

const isKnown = (unit: string): boolean => KNOWN.has(unitKey(unit));

/** A unit in the one spelling that says nothing of the cells it came from: `DAYS` and `Day` are `day`. */
export function plainUnit(unit: string): string {
  return isMoney(unit) ? unit : (KNOWN.get(unitKey(unit)) ?? unitKey(unit));
}

/** Whether a unit behind a number is one of money. */
export const isMoneyUnit = (unit: string): boolean => MONEY.test(unit);

/** Whether a cell has nothing but a unit: [kg], EUR, %. A letter without brackets may be anything. */
export function isUnitCell(cell: string): boolean {
  const [, bare, inner = bare] = /^(?:in )?([^[(].*|[[(](.+)[\])])$/.exec(cell.trim()) ?? [];
  if (inner === undefined || (inner === bare && /^[a-z]$/i.test(inner))) return false;
  return isKnownUnit(inner) || isMoney(inner);
}
