/**
 * Parts of datetimes as ONNX nodes, in UTC: integer arithmetic of the proleptic Gregorian calendar (Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", civil_from_days) in doubles, which are exact far beyond any date.
 */
import type { DatetimePart } from "../../domain/datasets/preprocessing.ts";
import type { GraphBuilder, Value } from "./onnx-graph.ts";

const DAY_MS = 86_400_000;
/** Days from 0000-03-01 to 1970-01-01. Years start in March, so that a leap day is the last day of its year. */
const EPOCH_DAYS = 719_468;
const ERA_DAYS = 146_097;

type Operand = Value | number;

/** Returns functions that add the nodes of each part of `at`, in milliseconds since 1970, as training/data/encoding.ts defines it. */
export function datetimeParts(graph: GraphBuilder, at: Value): Readonly<Record<DatetimePart, (latest: number) => Value>> {
  const { add, sub, div, quotient, modulo } = arithmetic(graph);
  const days = quotient(at, DAY_MS);
  const date = () => civilDate(graph, days);
  return {
    timestamp: () => div(at, 1000),
    year: () => date().year,
    quarter: () => div(quotient(sub(date().month, 1), 3), 4),
    month: () => div(sub(date().month, 1), 12),
    week: () => div(isoWeek(graph, days), 53),
    age: (latest) => div(sub(latest, at), DAY_MS),
    day: () => {
      const { day, monthLength } = date();
      return div(sub(day, 1), monthLength);
    },
    weekday: () => div(modulo(add(days, 4), 7), 7),
    hour: () => {
      const ms = modulo(at, DAY_MS);
      return div(add(quotient(ms, 3_600_000), div(modulo(quotient(ms, 60_000), 60), 60)), 24);
    },
  };
}

/** The ISO week from 0: whole weeks from New Year of the year of its Thursday, whose day number is days_from_civil(year, 1, 1). */
function isoWeek(graph: GraphBuilder, days: Value): Value {
  const { add, sub, mul, quotient, modulo } = arithmetic(graph);
  const thursday = add(sub(days, modulo(add(days, 3), 7)), 3);
  const yearBefore = sub(civilDate(graph, thursday).year, 1);
  const leapDays = add(sub(quotient(yearBefore, 4), quotient(yearBefore, 100)), quotient(yearBefore, 400));
  // January 1st is day 306 of the year that began in March.
  const newYear = add(add(mul(yearBefore, 365), leapDays), 306 - EPOCH_DAYS);
  return quotient(sub(thursday, newYear), 7);
}

function civilDate(graph: GraphBuilder, days: Value) {
  const { add, sub, mul, quotient, modulo, where, is } = arithmetic(graph);
  const shifted = add(days, EPOCH_DAYS);
  const era = quotient(shifted, ERA_DAYS);
  const dayOfEra = sub(shifted, mul(era, ERA_DAYS));
  const leaps = add(sub(quotient(dayOfEra, 36_524), quotient(dayOfEra, 1460)), mul(quotient(dayOfEra, 146_096), -1));
  const yearOfEra = quotient(add(dayOfEra, leaps), 365);
  const yearStart = sub(add(mul(yearOfEra, 365), quotient(yearOfEra, 4)), quotient(yearOfEra, 100));
  const dayOfYear = sub(dayOfEra, yearStart);
  // Months counted from March: 0..11.
  const month = quotient(add(mul(dayOfYear, 5), 2), 153);
  const startOf = (monthIndex: Value) => quotient(add(mul(monthIndex, 153), 2), 5);
  const isNewYear = is("GreaterOrEqual", month, 10);
  const year = add(add(yearOfEra, mul(era, 400)), where(isNewYear, 1, 0));
  const isLeap = graph.node("And", [
    is("Equal", modulo(year, 4), 0),
    graph.node("Or", [is("Greater", modulo(year, 100), 0), is("Equal", modulo(year, 400), 0)]),
  ]);
  const february = where(isLeap, 29, 28);
  const monthLength = where(is("Equal", month, 11), february, sub(startOf(add(month, 1)), startOf(month)));
  return {
    year,
    month: add(month, where(isNewYear, -9, 3)),
    day: add(sub(dayOfYear, startOf(month)), 1),
    monthLength,
  };
}

/** Arithmetic on doubles. `quotient` rounds down, and `modulo` is its remainder, which is >= 0 for a positive divisor. */
function arithmetic(graph: GraphBuilder) {
  const value = (operand: Operand) => (typeof operand === "number" ? graph.constant("double", operand) : operand);
  const binary = (operator: string) => (a: Operand, b: Operand) => graph.node(operator, [value(a), value(b)]);
  const [add, sub, mul, div] = [binary("Add"), binary("Sub"), binary("Mul"), binary("Div")];
  const quotient = (a: Operand, b: number) => graph.node("Floor", [div(a, b)]);
  return {
    add,
    sub,
    mul,
    div,
    quotient,
    modulo: (a: Operand, b: number) => sub(a, mul(quotient(a, b), b)),
    is: (operator: "Equal" | "Greater" | "GreaterOrEqual", a: Operand, b: Operand) =>
      graph.node(operator, [value(a), value(b)]),
    where: (condition: Value, a: Operand, b: Operand) => graph.node("Where", [condition, value(a), value(b)]),
  };
}
