/**
 * Times of day and durations as people write them, read as seconds: 8:30, 1:02:03, 1:20.150, 10 pm, 14.30 Uhr, 14h30, 2h 50m. Knows no
 * columns, except to count the times of one.
 */

/** What the unit of a column is called whose values are times of day or durations: they are read as seconds. */
export const CLOCK_UNIT = "h:mm:ss";

/** Different times from which a column has times. */
const MANY_TIMES = 5;

const LONGEST_CLOCK = 40;

const COLONS = /^([+-]?)(\d{1,3}):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)?(?:\s*(?:([ap])\.?m\.?|uhr|h(?:rs?)?))?$/i;
/** Minutes and seconds: hours and minutes have no decimals. */
const LAP = /^([+-]?)(\d{1,3}):([0-5]\d[.,]\d{1,9})$/;
/** Without minutes, or with a point before them, as only am, pm and Uhr show that a time is meant. */
const MARKED = /^(\d{1,2})(?:\.([0-5]\d))?\s*(?:([ap])\.?m\.?|uhr)$/i;
/** 14h30. 1H23 is the first half of 2023. */
const FRENCH = /^(\d{1,2})\s?h\s?([0-5]\d)$/;
const NAMED = new RegExp(
  "^(?:(\\d{1,4})\\s*(?:h|hrs?|hours?|std|stunden?|時間|小时)\\.?)?\\s*" +
    "(?:(\\d{1,4})\\s*(?:m|mins?|minutes?|minuten|分)\\.?)?\\s*" +
    "(?:(\\d{1,5})\\s*(?:s|secs?|seconds?|sek|sekunden|秒)\\.?)?$",
  "i",
);
/** Two digits where one would do, or a word: nobody writes the ratio 1:10 and the score 25:20 so. */
const CERTAIN_COLONS = /(?:^|:)0\d|[a-z]\.?$/i;

interface Clock {
  readonly seconds: number;
  /** Whether it can be nothing else: a ratio, a score, a length of 5m. */
  readonly isCertain: boolean;
}

/** The seconds of a time of day or a duration; NaN when a text is something else. */
export function parseClock(text: string): number {
  return readClock(text.trim())?.seconds ?? Number.NaN;
}

function readClock(text: string): Clock | null {
  if (!/^[+-]?\d/.test(text) || text.length > LONGEST_CLOCK) return null;
  const colons = COLONS.exec(text);
  if (colons) {
    const [, sign, hours, minutes, seconds = "0", fraction = "0", half] = colons;
    const total = secondsOf(hourOf(Number(hours), half), minutes, seconds) + Number(`0.${fraction}`);
    return Number.isNaN(total) ? null : { seconds: sign === "-" ? -total : total, isCertain: CERTAIN_COLONS.test(text) };
  }
  const [, sign, whole, rest] = LAP.exec(text) ?? [];
  if (whole !== undefined) {
    const total = secondsOf(0, whole, rest?.replace(",", "."));
    // 1:12.5 may be a ratio.
    return { seconds: sign === "-" ? -total : total, isCertain: /:0\d|\d{2}$/.test(text) };
  }
  const [, hours, minutes, half] = MARKED.exec(text) ?? FRENCH.exec(text) ?? [];
  if (hours !== undefined) {
    const total = secondsOf(hourOf(Number(hours), half), minutes);
    return Number.isNaN(total) || Number(hours) > 24 ? null : { seconds: total, isCertain: true };
  }
  const parts = NAMED.exec(text)?.slice(1);
  const given = parts?.filter((part) => part !== undefined).length ?? 0;
  return parts && given > 0 ? { seconds: secondsOf(Number(parts[0] ?? 0), parts[1], parts[2]), isCertain: given > 1 } : null;
}

const secondsOf = (hour: number, minutes = "0", seconds = "0"): number => hour * 3600 + Number(minutes) * 60 + Number(seconds);

/** The hour of a day from one with am or pm, if it has them; NaN for 13 pm. */
function hourOf(given: number, half: string | undefined): number {
  if (half === undefined) return given;
  if (given < 1 || given > 12) return Number.NaN;
  return (given % 12) + (half.toLowerCase() === "p" ? 12 : 0);
}

/** Counts the times among the values of one column. */
export class ClockTally {
  #count = 0;
  #isWhole = true;
  #isCertain = false;
  readonly #different = new Set<number>();

  /** Adds a text that is no plain number if it is a time. Returns whether it can hardly be anything else: 5m is rather a length. */
  see(text: string): boolean {
    const clock = readClock(text);
    if (!clock) return false;
    this.#count++;
    this.#isWhole &&= Number.isInteger(clock.seconds);
    this.#isCertain ||= clock.isCertain;
    if (this.#different.size < MANY_TIMES) this.#different.add(clock.seconds);
    return clock.isCertain || text.includes(":");
  }

  /** How many values are times. */
  get count(): number {
    return this.#count;
  }

  /** Whether all of them are whole seconds. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Whether they are times and nothing else that is written so: one is certain, and there are several. */
  get areTimes(): boolean {
    return this.#isCertain && this.#different.size >= MANY_TIMES;
  }
}
