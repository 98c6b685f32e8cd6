/**
 * When a cron expression is due, in a time zone: five fields as in crontab(5), or `@daily` and the like. Days are counted without a clock,
 * and only the times of a matching day are looked up in the zone, so that finding the next leap day is as fast as finding the next minute.
 */

/** Thrown for an invalid expression or time zone; the message says why, with the cure. */
export class CronError extends Error {
  override readonly name = "CronError";
  /** Which of the two is invalid. */
  readonly field: "cron" | "timezone";

  constructor(field: "cron" | "timezone", message: string) {
    super(message);
    this.field = field;
  }
}

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Names of its values, the first that of `from`. */
  readonly names?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: "minute", from: 0, to: 59 },
  { name: "hour", from: 0, to: 23 },
  { name: "day of the month", from: 1, to: 31 },
  {
    ...{ name: "month", from: 1, to: 12 },
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "day of the week", from: 0, to: 7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

const NAMED: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Number of days searched: a leap day is at most eight years away, and it falls on every day of the week within 40. */
const MAX_DAYS = 41 * 366;

/** A parsed expression. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Whether a day must match both the day of the month and the day of the week: if one of them is `*`. Otherwise one of them is enough. */
  readonly needsBoth: boolean;
}

/** Parses an expression. Throws CronError. */
export function parseCron(expression: string): Cron {
  const text = NAMED[expression.trim().toLowerCase()] ?? expression.trim().toLowerCase();
  const parts = text.split(/\s+/);
  if (parts.length !== FIELDS.length)
    throw new CronError(
      "cron",
      `must have five fields (minute, hour, day of the month, month, day of the week), like 0 3 * * * for every night at three, or be one of ${Object.keys(NAMED).join(", ")}`,
    );
  const [minutes, hours, days, months, weekdays] = FIELDS.map((field, index) => valuesOf(field, parts[index] as string)) as [
    number[],
    number[],
    number[],
    number[],
    number[],
  ];
  return {
    ...{ minutes, hours, days: new Set(days), months: new Set(months) },
    weekdays: new Set(weekdays.map((day) => day % 7)),
    needsBoth: [parts[2], parts[4]].some((part) => part?.startsWith("*")),
  };
}

/** The values of a field, ascending: a list of `*`, values and ranges, each with a step if it has a `/`. */
function valuesOf(field: Field, text: string): number[] {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(?:(\*)|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/(\d{1,2}))?$/.exec(part);
    if (!match) throw new CronError("cron", `${part.slice(0, 40)} is no ${field.name}`);
    const [, star, first, last, step] = match;
    const from = star ? field.from : readValue(field, first as string);
    const to =
      star || (step !== undefined && last === undefined) ? field.to : last === undefined ? from : readValue(field, last);
    const by = step === undefined ? 1 : Number(step);
    if (by < 1 || to < from) throw new CronError("cron", `${part} is no ${field.name}: it has no values`);
    for (let value = from; value <= to; value += by) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
}

function readValue({ name, names, from, to }: Field, text: string): number {
  const place = names?.indexOf(text) ?? -1;
  const value = place >= 0 ? place + from : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw new CronError("cron", `${text.slice(0, 40)} is no ${name}: it is from ${from} to ${to}`);
}

/**
 * The first due time after `after`, in epoch milliseconds; null if no day of the calendar matches. A time in the hour that clocks skip is
 * due when they have skipped it. A time in the hour that they repeat is due once.
 */
export function nextAfter(cron: Cron, timezone: string, after: number): number | null {
  const zone = zoneOf(timezone);
  // Start a day earlier: a skipped time may fall on the next day.
  const firstDay = Math.floor((after + zone.offsetAt(after)) / DAY_MS) - 1;
  for (let day = firstDay; day < firstDay + MAX_DAYS; day++) {
    if (!isDue(cron, day)) continue;
    const toUtc = zone.toUtcOn(day);
    let best: number | null = null;
    for (const hour of cron.hours)
      for (const minute of cron.minutes) {
        const local = day * DAY_MS + (hour * 60 + minute) * MINUTE_MS;
        // An offset is at most 14 hours: skip anything earlier by more without asking the zone.
        if (local < after - DAY_MS) continue;
        if (best !== null && local > best + 2 * DAY_MS) return best;
        const at = toUtc(local);
        if (at > after && (best === null || at < best)) best = at;
        if (best !== null && at > best) return best;
      }
    if (best !== null) return best;
  }
  return null;
}

function isDue({ days, months, weekdays, needsBoth }: Cron, day: number): boolean {
  const date = new Date(day * DAY_MS);
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const [ofMonth, ofWeek] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
  return needsBoth ? ofMonth && ofWeek : ofMonth || ofWeek;
}

/** The minimum minutes between two due times on one day, or around midnight; a day if there is one time. */
export function shortestGapMinutes({ minutes, hours }: Cron): number {
  const times = hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute));
  const [first = 0] = times;
  return Math.min(...times.map((time, index) => (times[index + 1] ?? first + 24 * 60) - time));
}

interface Zone {
  /** How far clocks in the zone are ahead of UTC at a time. */
  offsetAt(utc: number): number;
  /** For a day, in days since 1970: the first moment at which clocks show this time, or, if they skip it, at which they would have. */
  toUtcOn(day: number): (local: number) => number;
}

/** Throws CronError for an unknown time zone. */
function zoneOf(timezone: string): Zone {
  const format = formatOf(timezone);
  const offsetAt = (utc: number): number => {
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(utc)) part[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(utc / 1000) * 1000;
  };
  const toUtc = (local: number): number => {
    // The offset of the day before is the one before a change; of two moments, the earlier is the first.
    const before = local - offsetAt(local - DAY_MS);
    const after = local - offsetAt(local + DAY_MS);
    const isShown = (utc: number) => utc + offsetAt(utc) === local;
    const shown = [before, after].filter(isShown);
    return shown.length > 0 ? Math.min(...shown) : before;
  };
  return {
    offsetAt,
    toUtcOn(day) {
      // Asking the zone is slow, and a day can have hundreds of times: two questions tell whether clocks change near it.
      const offset = offsetAt((day - 1) * DAY_MS);
      return offset === offsetAt((day + 2) * DAY_MS) ? (local) => local - offset : toUtc;
    },
  };
}

function formatOf(timezone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      ...{ timeZone: timezone, hourCycle: "h23", calendar: "gregory", numberingSystem: "latn", era: undefined },
      ...{ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" },
    } as Intl.DateTimeFormatOptions);
  } catch {
    throw new CronError("timezone", `${timezone.slice(0, 60)} is no time zone: Europe/Berlin is one, and so is UTC`);
  }
}
