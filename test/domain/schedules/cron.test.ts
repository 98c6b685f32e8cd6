import { CronExpressionParser } from "cron-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CronError, nextAfter, parseCron, shortestGapMinutes } from "../../../src/domain/schedules/cron.ts";

const at = (text: string) => Date.parse(text);
const next = (expression: string, zone: string, after: string): string | null => {
  const due = nextAfter(parseCron(expression), zone, at(after));
  return due === null ? null : new Date(due).toISOString().replace(":00.000Z", "Z");
};

describe("a cron expression", () => {
  it.each([
    ["0 3 * * *", "UTC", "2026-03-27T03:00Z", "2026-03-28T03:00Z"],
    ["0 3 * * *", "Europe/Berlin", "2026-03-27T12:00Z", "2026-03-28T02:00Z"],
    ["@daily", "Asia/Kathmandu", "2026-03-27T00:00Z", "2026-03-27T18:15Z"],
    ["*/20 9-17 * * mon-fri", "UTC", "2026-03-27T17:40Z", "2026-03-30T09:00Z"],
    ["0 0 13 * 5", "UTC", "2026-03-01T00:00Z", "2026-03-06T00:00Z"],
    ["0 0 29 2 *", "UTC", "2096-03-01T00:00Z", "2104-02-29T00:00Z"],
    ["0 0 31 2 *", "UTC", "2026-01-01T00:00Z", null],
  ])("%s in %s after %s is due at %s", (expression, zone, after, due) => {
    expect(next(expression, zone, after)).toBe(due);
  });

  it("is due once where clocks skip or repeat an hour", () => {
    expect(next("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z")).toBe("2026-03-29T01:30Z");
    expect(next("30 2 * * *", "Europe/Berlin", "2026-03-29T01:30Z")).toBe("2026-03-30T00:30Z");
    expect(next("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z")).toBe("2026-10-25T00:30Z");
    expect(next("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30Z")).toBe("2026-10-26T01:30Z");
  });

  it.each([
    ["* * * *", "cron"],
    ["60 * * * *", "cron"],
    ["0 24 * * *", "cron"],
    ["5-1 * * * *", "cron"],
    ["*/0 * * * *", "cron"],
    ["H 3 * * *", "cron"],
    ["0 0 3 * * *", "cron"],
  ])("%s is none", (expression) => {
    expect(() => parseCron(expression)).toThrow(CronError);
  });

  it("names what is no time zone", () => {
    expect(() => nextAfter(parseCron("@daily"), "Mars/Base", 0)).toThrow("Mars/Base is no time zone");
  });

  it("knows how near two of its times come", () => {
    expect(shortestGapMinutes(parseCron("*/5 * * * *"))).toBe(5);
    expect(shortestGapMinutes(parseCron("0,58 * * * *"))).toBe(2);
    expect(shortestGapMinutes(parseCron("0 3 * * *"))).toBe(24 * 60);
  });

  it("is due when cron-parser says so", () => {
    const value = (from: number, to: number) => fc.integer({ min: from, max: to }).map(String);
    const field = (from: number, to: number) =>
      fc.oneof(
        fc.constant("*"),
        value(from, to),
        fc
          .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))
          .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
        fc.uniqueArray(value(from, to), { minLength: 2, maxLength: 4 }).map((list) => list.join(",")),
        fc.integer({ min: 2, max: 9 }).map((step) => `*/${step}`),
      );
    // A day of the month that starts with a star leaves the day of the week alone: cron-parser reads a step otherwise.
    const days = fc.oneof(
      fc.tuple(
        field(1, 28).filter((text) => !text.startsWith("*/")),
        fc.constant("*"),
      ),
      fc.tuple(
        fc.constant("*"),
        field(0, 6).filter((text) => !text.startsWith("*/")),
      ),
      fc.tuple(value(1, 28), value(0, 6)),
    );
    fc.assert(
      fc.property(
        fc.tuple(field(0, 59), field(0, 23), days, field(1, 12)),
        fc.integer({ min: at("2020-01-01"), max: at("2040-01-01") }),
        fc.constantFrom("UTC", "Asia/Kathmandu", "Pacific/Kiritimati", "Asia/Tokyo"),
        ([minute, hour, [day, weekday], month], after, zone) => {
          const expression = `${minute} ${hour} ${day} ${month} ${weekday}`;
          const told = CronExpressionParser.parse(expression, { currentDate: new Date(after), tz: zone })
            .next()
            .getTime();
          expect(nextAfter(parseCron(expression), zone, after)).toBe(told);
        },
      ),
      { numRuns: 150 },
    );
  });
});
