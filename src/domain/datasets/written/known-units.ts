/** Units as people write them behind numbers and below the names of columns. Knows words, but no columns. */
import { isMoney, unitKey } from "./written-numbers.ts";

/** Units that are written right behind whole numbers, by `unitKey`. Single letters only where seats, flats and grades do not use them. */
const KNOWN: ReadonlyMap<string, string> = new Map(
  [
    // Lengths, areas and volumes.
    "nm um µm μm mm cm dm m km мм см м км ft in yd mi mil mile inch feet foot mètre metre meter",
    "mm² cm² m² km² ha qm sqm sqft acre mm³ cm³ m³ cbm ml mL cl cL dl dL l L gal liter litre oz м² м³ га мл л",
    // Masses and concentrations.
    "ng ug µg μg mcg mg g kg t lb lbs gram kilo мг г кг т mg/l mg/L mg/dl mg/dL g/l g/L g/dl g/dL ng/ml ng/mL ppm ppb mmol mol IU U/l U/L",
    // Times.
    "ns us µs μs ms s sec min h hr hrs d y yr yrs mo wk second minute hour day week month year",
    "sek std stunde stunden minuten tag tage woche wochen monat monate jahr jahre heure jour semaine mois an année",
    "minuto hora ora dia día giorno semana settimana mes meses mês mese mesi año ano anno anni jaar år rok lat let",
    "с сек мин ч час часов дн дней день нед мес год года г. лет",
    // Temperatures and angles.
    "°C °F °K ° ºC ºF ℃ ℉ degC degF deg",
    // Electricity, power, energy, pressure, speed, frequency.
    "mV V kV mA W kW MW GW Wh kWh MWh GWh mAh Ah VA kVA kJ MJ kcal cal Ω kΩ MΩ ohm µF nF pF",
    "Pa hPa kPa MPa mbar bar psi atm mmHg kN Nm km/h kmh mph m/s kn rpm Hz kHz MHz GHz bpm dB dBm lx lm hp PS bhp cv cc ccm mpg кВт Вт",
    // Data, pieces and shares.
    "kB KB MB GB TB PB KiB MiB GiB kbit kbps Mbps Gbps px pt dpi MP pc pcs Stk Stück st szt шт ct pct x pp bps ‰",
    // What multiplies a number, alone and before money.
    "k K M bn mn Tsd Mio Mrd tys mln mld million billion thousand тыс млн млрд 千 万 百万 億 亿 천 만 억",
    "万円 百万円 千円 億円 万元 亿元 천원 만원 억원",
    // Money that is written behind a number.
    "円 元 圆 圓 원 kr zł Kč Ft đ р руб dollar euro pound yen",
    // East Asian counters.
    "年 月 日 歳 岁 階 分 秒 時間 小时 人 個 个 回 件 名 台 枚 本 匹 平方米 ㎡ 坪 년 월 일 세 살 층 명 개 평",
  ].flatMap((units) => units.split(" ").map((unit) => [unitKey(unit), unit] as const)),
);

/** Money that is written behind a number, in words and in East Asia. */
const MONEY = /^(?:[千百万億亿천만억]*[円元圆圓원]|dollars?|euros?|pounds?|yen|kr\.?|zł|Kč|Ft|đ|(?:р|руб)\.?)$/i;
/** What makes a number a thousand, a million or another multiple. */
const MULTIPLE = /^(?:(?:bn|mn|tsd|mio|mrd|tys|mln|mld|тыс|млн|млрд)\.?|(?:million|billion|thousand)s?|[千百万億亿천만억].*)$/i;
const MULTIPLES = new Set(["k", "K", "M", "B"]);

/** Whether letters right behind a whole number are certainly its unit, alone or composed: kg, m/s. */
export function isKnownUnit(unit: string): boolean {
  return isKnown(unit) || unit.split(/[/·*]/).every((part) => isKnown(part.replace(/\^?[23]$/, "")));
}

/** A point behind a unit shortens it: kr., Mio. */
const isKnown = (unit: string): boolean => KNOWN.has(unitKey(unit)) || KNOWN.has(unitKey(unit.replace(/\.$/, "")));

/** A unit in its standard spelling, which reveals nothing of the cells that it came from: `DAYS` and `Day` are `day`. */
export function plainUnit(unit: string): string {
  return isMoney(unit) ? unit : (KNOWN.get(unitKey(unit)) ?? unitKey(unit));
}

/** Whether a unit multiplies its number, so that a number without it means something else: 2K beside 900. */
export const isMultiple = (unit: string): boolean => MULTIPLES.has(unit) || MULTIPLE.test(unit);

/** Whether a unit behind a number is one of money. */
export const isMoneyUnit = (unit: string): boolean => MONEY.test(unit);

/** Whether a cell is a unit alone: [kg], EUR, %. A single letter without brackets may be anything. */
export function isUnitCell(cell: string): boolean {
  const [, bare, inner = bare] = /^(?:in )?([^[(].*|[[(](.+)[\])])$/.exec(cell.trim()) ?? [];
  if (inner === undefined || (inner === bare && /^[a-z]$/i.test(inner))) return false;
  return isKnownUnit(inner) || isMoney(inner);
}
