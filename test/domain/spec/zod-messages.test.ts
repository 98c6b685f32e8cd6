/** What is wrong with a value is said in words that name what would be right. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fieldErrors } from "../../../src/domain/spec/spec-errors.ts";

const say = (schema: z.ZodType, value: unknown) => {
  const { error } = schema.safeParse(value);
  return error ? fieldErrors(error).map(({ pointer, detail }) => `${pointer} ${detail}`.trim()) : [];
};
const sgd = z.strictObject({ type: z.literal("sgd"), lr: z.number().min(0), momentum: z.number().optional() });
const adam = z.strictObject({ type: z.literal("adam"), lr: z.number().min(0), betas: z.tuple([z.number(), z.number()]) });

describe("the words for", () => {
  it.each<[string, z.ZodType, unknown, string]>([
    ["what is not there", z.object({ lr: z.number() }), {}, "/lr is required"],
    ["a choice that is not there", z.object({ role: z.enum(["a", "b"]) }), {}, "/role is required"],
    ["one of several kinds that is not there", z.object({ at: z.union([z.number(), z.boolean()]) }), {}, "/at is required"],
    ["text for a number", z.number(), "3", "must be a number, not a string"],
    ["a part of a whole", z.int(), 1.5, "must be a whole number, not 1.5"],
    ["a number for text", z.string(), 5, "must be a string, not 5"],
    ["nothing for a truth", z.boolean(), null, "must be true or false, not null"],
    ["a list for an object", z.object({}), [], "must be an object, not an array"],
    ["an object for a list", z.array(z.number()), {}, "must be an array, not an object"],
    ["a number of a query that is none", z.coerce.number(), "x", "must be a number"],
    ["less than the least", z.int().min(1), 0, "must be at least 1"],
    ["the bound itself", z.number().gt(0), 0, "must be more than 0"],
    ["more than the most", z.int().max(9), 10, "must be at most 9"],
    ["the bound itself, from below", z.number().lt(1), 1, "must be less than 1"],
    ["an empty list", z.array(z.number()).min(1), [], "must have at least 1 item"],
    ["a list too long", z.array(z.number()).max(2), [1, 2, 3], "must have at most 2 items"],
    ["a list of another length", z.array(z.number()).length(2), [1], "must have exactly 2 items"],
    ["text too long", z.string().max(3), "abcd", "must have at most 3 characters"],
    ["another choice", z.enum(["a", "b"]), "c", 'must be one of "a", "b"'],
    ["another constant", z.literal(1), 2, "must be 1"],
    ["what is no multiple", z.int().multipleOf(8), 12, "must be a multiple of 8"],
    ["what is no URL", z.url(), "there", "must be a URL, like https://example.org/path"],
    ["what does not match", z.string().regex(/^a/), "b", "must match /^a/"],
    ["a name that does not match", z.record(z.string().regex(/^a/), z.number()), { b: 1 }, "/b its name must match /^a/"],
    ["a message of the schema's own", z.int({ error: "must count" }), "x", "must count"],
  ])("%s", (_, schema, value, expected) => {
    expect(say(schema, value)).toEqual([expected]);
  });

  it("a field that is mistyped, which name the one that was meant", () => {
    const schema = z.strictObject({ epochs: z.int(), batch_size: z.int() }).partial();
    for (const typo of ["epoch", "epcohs", "Epochs", "epochss", "epohs"])
      expect(say(schema, { [typo]: 1 })).toEqual([`/${typo} is not a field here: did you mean epochs?`]);
    expect(say(schema, { batchsize: 1, colour: 2 })).toEqual([
      "/batchsize is not a field here: did you mean batch_size?",
      "/colour is not a field here: the fields are epochs, batch_size",
    ]);
    expect(say(z.strictObject({ only: z.int().optional() }), { two: 2 })).toEqual([
      "/two is not a field here: the only one is only",
    ]);
    expect(say(schema, { "line\nbreak": 1, epoch: 2 })).toEqual([
      "/line\nbreak is not a field here: the fields are epochs, batch_size",
      "/epoch is not a field here: did you mean epochs?",
    ]);
  });

  it("a field of another kind of object, and a kind that there is not", () => {
    const optimizer = z.discriminatedUnion("type", [sgd, adam]);
    expect(say(optimizer, { type: "sgd", lr: 1, betas: [1, 2] })).toEqual([
      "/betas is not a field here: the fields are type, lr, momentum",
    ]);
    expect(say(optimizer, { type: "adm", lr: 1 })).toEqual(['/type must be one of "sgd", "adam"']);
    expect(say(z.union([z.number(), z.array(z.number())]), { a: 1 })[0]).toMatch(/^must be an? (number|array), not an object$/);
  });
});
