import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fields, FilterError, MAX_CONDITIONS, OPERATORS, parseFilter } from "../../src/domain/filter.ts";

const FIELDS: Fields = { value: "number", epochs: "number", state: ["succeeded", "failed"], params: "members" };
const parsed = (text: string) => parseFilter(text, FIELDS).map(({ column: _, ...condition }) => condition);
const faultOf = (text: string): string => {
  try {
    parseFilter(text, FIELDS);
    return "none";
  } catch (error) {
    expect(error).toBeInstanceOf(FilterError);
    return (error as Error).message;
  }
};

describe("a filter", () => {
  it("is conditions that are joined by and", () => {
    expect(parsed('value<0.3 and params."/optimizer/lr" >= 1e-3 and state = "failed"and params.seed != null')).toEqual([
      { field: "value", key: null, operator: "<", value: 0.3 },
      { field: "params", key: "/optimizer/lr", operator: ">=", value: 1e-3 },
      { field: "state", key: null, operator: "=", value: "failed" },
      { field: "params", key: "seed", operator: "!=", value: null },
    ]);
  });

  it("says again what it was written from", () => {
    const literal = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: "grapheme", maxLength: 9 }),
    );
    const condition = fc.record({ key: fc.string({ maxLength: 9 }), operator: fc.constantFrom(...OPERATORS), value: literal });
    const isWritable = (value: unknown) => !Object.is(value, -0) && !String(value).includes("\u0000");
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 5 }), (conditions) => {
        const given = conditions.filter(({ value }) => isWritable(value));
        fc.pre(given.length > 0);
        const texts = given.map(
          ({ key, operator, value }) => `params.${JSON.stringify(key)} ${operator} ${JSON.stringify(value)}`,
        );
        expect(parsed(texts.join("  and "))).toEqual(given.map((each) => ({ field: "params", ...each })));
      }),
    );
  });

  it("is read or refused, whatever it is", () => {
    const word = fc.constantFrom("value", "params", ".", '"', "and", "<", "=", "1e9", "-", "null", " ", "state", '"failed"');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join("")),
        ),
        (text) => void faultOf(text),
      ),
    );
  });

  it.each([
    ["", "column 1: expected a field: value, epochs, state, params"],
    ["valeu < 1", "column 1: unknown field valeu: did you mean value?"],
    ["toString = 1", "column 1: unknown field toString; there are value, epochs, state, params"],
    ["value", "column 6: expected one of = != < <= > >= after value"],
    ["value < ", 'column 8: expected a number, text in double quotes, true, false or null, as 0.3 or "adam"'],
    ['value < "a"', "column 9: expected a number"],
    ["value < 1e999", "column 9: the number is too large"],
    ["value < null", "column 9: null has no order: compare it with = or !="],
    ["value < 1 or value > 2", 'column 11: expected "and" or the end: only "and" can join conditions'],
    ["value ~ 1", 'column 7: cannot read "~ 1"'],
    ['state = "fialed"', 'column 9: expected = or != and one of "succeeded", "failed"'],
    ['state < "failed"', 'column 9: expected = or != and one of "succeeded", "failed"'],
    ["params = 1", 'column 8: expected a name after params, as params."/optimizer/lr"'],
    ['params."\\x" = 1', "column 8: text in double quotes must be written as in JSON"],
    [
      Array(MAX_CONDITIONS + 1)
        .fill("value = 1")
        .join(" and "),
      `column 281: at most ${MAX_CONDITIONS} conditions`,
    ],
    ["value = 1 and ".repeat(100), "column 1001: at most 1000 characters"],
  ])("says where %j is wrong", (text, message) => {
    expect(faultOf(text)).toBe(message);
  });
});
