/** The names of the months, long and short, as people write them in tables. Knows words, no dates. */

/** In English, German, French, Spanish, Italian, Portuguese, Dutch, Danish, Norwegian and Swedish; small letters, January first. */
const NAMES = [
  "january jan januar jänner jän janvier janv enero ene gennaio gen janeiro januari",
  "february feb februar février févr fév fevrier fevr febrero febbraio fevereiro fev februari feber",
  "march mar märz mär mrz maerz mars marzo março marco maart mrt marts",
  "april apr avril avr abril abr aprile",
  "may mai mayo maggio mag maio mei maj",
  "june jun juni juin junio giugno giu junho",
  "july jul juli juillet juil julio luglio lug julho",
  "august aug août aout agosto ago augustus augusti",
  "september sep sept septembre septiembre settembre set setembro",
  "october oct oktober okt octobre octubre ottobre ott outubro out",
  "november nov novembre noviembre novembro",
  "december dec dezember dez décembre déc decembre diciembre dic dicembre dezembro",
];

const MONTHS: ReadonlyMap<string, number> = new Map(
  NAMES.flatMap((names, index) => names.split(" ").map((name) => [name, index + 1] as const)),
);

/** A pattern of every name, the longer first, with or without a point behind it. */
export const MONTH_NAME = `(?:${[...MONTHS.keys()].sort((a, b) => b.length - a.length).join("|")})\\.?`;

/** The number of a month that `MONTH_NAME` matches, from 1; 0 for any other text. */
export function monthNamed(name: string): number {
  return MONTHS.get(name.toLowerCase().replace(/\.$/, "")) ?? 0;
}
