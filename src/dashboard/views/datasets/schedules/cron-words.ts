/** Cron expressions in words: "every day at 03:00". Pure. */
import { type Cron, parseCron } from "../../../../domain/schedules/cron.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/** Monday first, as a working week is written. */
const WEEK = [1, 2, 3, 4, 5, 6, 0];
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];
/** Maximum times of a day that are named one by one; more are described by their hours and minutes. */
const NAMED_TIMES = 4;
/** Minimum consecutive values that are a range: two are two values. */
const RANGE = 3;

/** Returns when an expression is due, in words; the expression itself if it cannot be put into words. */
export function cronInWords(expression: string): string {
  try {
    const cron = parseCron(expression);
    const { isEveryDay, text } = daysOf(cron);
    const times = timesOf(cron);
    const days = isEveryDay ? (times.startsWith("every") ? "" : "every day") : text;
    const months =
      cron.months.size === MONTHS.length ? "" : `in ${listOf(rising(cron.months), (at) => MONTHS[at - 1] as string)}`;
    const when = days === "" ? times : times.startsWith("every") ? `${times}, ${days}` : `${days} ${times}`;
    return [when, months].filter((part) => part !== "").join(" ");
  } catch {
    return expression;
  }
}

function timesOf({ hours, minutes }: Cron): string {
  const first = minutes[0] as number;
  if (hours.length * minutes.length <= NAMED_TIMES)
    return `at ${join(hours.flatMap((hour) => minutes.map((minute) => clock(hour, minute))))}`;
  const step = stepOf(minutes, 60);
  const every = step === 1 ? "every minute" : step === 60 ? "every hour" : step && `every ${step} minutes`;
  if (hours.length === 24) return every || `every hour at minute ${listOf(minutes, String)}`;
  const hourStep = stepOf(hours, 24);
  if (minutes.length === 1 && hourStep) return `every ${hourStep} hours${first === 0 ? "" : ` at minute ${first}`}`;
  const [from, to] = [hours[0] as number, hours.at(-1) as number];
  const isRange = to - from === hours.length - 1;
  if (isRange && every) return `${every} from ${clock(from, first)} to ${clock(to, minutes.at(-1) as number)}`;
  return `at minute ${listOf(minutes, String)} of hour ${listOf(hours, String)}`;
}

function daysOf({ days, weekdays, needsBoth }: Cron): { readonly isEveryDay: boolean; readonly text: string } {
  const [allDays, allWeekdays] = [days.size === 31, weekdays.size === 7];
  const ofMonth = `on day ${listOf(rising(days), String)} of the month`;
  const names = listOf(
    WEEK.flatMap((day, place) => (weekdays.has(day) ? [place] : [])),
    (place) => DAYS[WEEK[place] as number] as string,
  );
  // With one of the two given as *, both must match; where both are given, one of them is enough.
  if (needsBoth ? allDays && allWeekdays : allDays || allWeekdays) return { isEveryDay: true, text: "" };
  if (needsBoth && allDays) return { isEveryDay: false, text: names };
  if (needsBoth && allWeekdays) return { isEveryDay: false, text: ofMonth };
  return { isEveryDay: false, text: needsBoth ? `${ofMonth} if that is ${names}` : `${ofMonth} and on ${names}` };
}

/** The distance of values that are equally spaced from 0 to the end of `size`; null if they are not. */
function stepOf(values: readonly number[], size: number): number | null {
  const step = size / values.length;
  return values.every((value, index) => value === index * step) ? step : null;
}

/** Values in words, consecutive ones as a range: 1 to 5 and 9. */
function listOf(values: readonly number[], name: (value: number) => string): string {
  const runs: number[][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run && value === (run.at(-1) as number) + 1) run.push(value);
    else runs.push([value]);
  }
  return join(
    runs.flatMap((run) =>
      run.length < RANGE ? run.map(name) : [`${name(run[0] as number)} to ${name(run.at(-1) as number)}`],
    ),
  );
}

const join = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
const rising = (values: ReadonlySet<number>) => [...values].sort((a, b) => a - b);
const clock = (hour: number, minute: number) => `${two(hour)}:${two(minute)}`;
const two = (value: number) => String(value).padStart(2, "0");
