/** A request to forget rows of a data set: which rows, and what happens to models that cannot be trained again. */
import { z } from "zod";

/** Maximum rows forgotten at once. */
export const MAX_FORGOTTEN_ROWS = 10_000;
/** Maximum values of a key column. */
const MAX_KEYS = 1000;
/** Longest text of a key, in UTF-16 units. */
const MAX_KEY_LENGTH = 10_000;

const keys = z.strictObject({
  column: z.string().min(1).max(500).meta({ description: "A column of the data set whose values say which rows are meant." }),
  values: z
    .array(z.union([z.string().min(1).max(MAX_KEY_LENGTH), z.number(), z.boolean()]))
    .min(1)
    .max(MAX_KEYS)
    .meta({ description: "Every row with one of these values; each value must have a row. Dates are ISO 8601." }),
});

export const forgetBody = z
  .strictObject({
    positions: z
      .array(z.int().min(0))
      .min(1)
      .max(MAX_FORGOTTEN_ROWS)
      .optional()
      .meta({ description: "Rows by their position, counted from 0." }),
    keys: keys.optional(),
    without_retraining: z.enum(["refuse", "erase"]).default("refuse").meta({
      description:
        "What happens to models that saw the rows and cannot be trained again, for example because their job was deleted. `refuse`: nothing is forgotten while there is such a model. `erase`: they are deleted, and their aliases with them.",
    }),
  })
  .refine(({ positions, keys }) => (positions === undefined) !== (keys === undefined), {
    message: "give either positions or keys",
  })
  .meta({
    id: "ForgetRequest",
    examples: [{ keys: { column: "email", values: ["ada@example.com"] } }],
  });

export type ForgetRequest = z.output<typeof forgetBody>;
export type ForgetKeys = NonNullable<ForgetRequest["keys"]>;
