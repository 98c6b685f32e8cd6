/** Cron expressions in words. */
import { expect, it } from "vitest";
import { cronInWords } from "../../../../src/dashboard/views/datasets/schedules/cron-words.ts";

it.each([
  ["0 3 * * *", "every day at 03:00"],
  ["@daily", "every day at 00:00"],
  ["@hourly", "every hour"],
  ["30 * * * *", "every hour at minute 30"],
  ["*/15 * * * *", "every 15 minutes"],
  ["5,35 * * * *", "every hour at minute 5 and 35"],
  ["0 */6 * * *", "every day at 00:00, 06:00, 12:00 and 18:00"],
  ["20 */2 * * *", "every 2 hours at minute 20"],
  ["*/30 9-17 * * 1-5", "every 30 minutes from 09:00 to 17:30, Monday to Friday"],
  ["0 8-12 * * *", "every hour from 08:00 to 12:00"],
  ["0 1,5,6,7,8,9 * * *", "every day at minute 0 of hour 1 and 5 to 9"],
  ["0 3 * * sat,sun", "Saturday and Sunday at 03:00"],
  ["0 3 * * 7,1", "Monday and Sunday at 03:00"],
  ["0 3 1,15 * *", "on day 1 and 15 of the month at 03:00"],
  ["0 3 1 * mon", "on day 1 of the month and on Monday at 03:00"],
  ["0 3 1-31 * mon", "every day at 03:00"],
  [
    "0 3 */2 * mon",
    "on day 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29 and 31 of the month if that is Monday at 03:00",
  ],
  ["@yearly", "on day 1 of the month at 00:00 in January"],
  ["0 0 * jan-mar *", "every day at 00:00 in January to March"],
  ["a line of another server", "a line of another server"],
])("%s: %s", (expression, words) => {
  expect(cronInWords(expression)).toBe(words);
});
