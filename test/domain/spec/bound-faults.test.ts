import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { boundFaults } from "../../../src/domain/spec/bound-faults.ts";
import { MAX_FIELD_ERRORS } from "../../../src/domain/spec/spec-errors.ts";

const number = z.number().min(0);
const shape = () => {
  const cell = z.union([z.string().max(2), z.boolean(), z.array(number).min(1)]);
  return z.strictObject({
    rows: z.array(z.array(number).min(1)).max(150).optional(),
    cells: z.array(cell).min(2).optional(),
    named: z.record(z.string(), z.array(cell)).optional(),
  });
};
const plain = shape();
const bounded = boundFaults(shape(), new Map([[number, (value: unknown) => typeof value === "number" && value >= 0]]));

const looked = ({ success, data, error }: z.ZodSafeParseResult<unknown>) =>
  success ? { data } : { issues: error?.issues.map(({ path, message }) => `${path.join("/")} ${message}`) };

describe("bounded faults", () => {
  it("are those of the schema itself, and valid values are the same", () => {
    const leaf = fc.oneof(fc.integer({ min: -1, max: 9 }), fc.string({ maxLength: 3 }), fc.boolean(), fc.constant(null));
    const nested = fc.oneof(leaf, fc.array(leaf, { maxLength: 4 }), fc.array(fc.array(fc.nat(), { maxLength: 3 })));
    const given = fc.record(
      { rows: nested, cells: nested, named: fc.oneof(leaf, fc.dictionary(fc.string({ maxLength: 2 }), nested)), other: leaf },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(given, (value) => {
        expect(looked(bounded.safeParse(value))).toEqual(looked(plain.safeParse(value)));
      }),
      { numRuns: 500 },
    );
  });

  it("stop at as many as are shown, at every place", () => {
    const wrong = Array(100_000).fill("x");
    for (const value of [{ rows: [wrong] }, { cells: Array(100_000).fill(7) }, { named: { a: Array(100_000).fill(7) } }]) {
      expect(bounded.safeParse(value).error?.issues).toHaveLength(MAX_FIELD_ERRORS);
    }
  });

  it("do not look into what is too long", () => {
    expect(bounded.safeParse({ rows: Array(151).fill("x") }).error?.issues).toMatchObject([
      { code: "too_big", path: ["rows"] },
    ]);
    const named = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`n${index}`, 7]));
    expect(bounded.safeParse({ named }).error?.issues).toMatchObject([
      { path: ["named"], message: expect.stringMatching(/^has 10001 fields/) },
    ]);
  });
});
