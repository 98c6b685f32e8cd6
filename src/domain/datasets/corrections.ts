/** Corrected cells of a column. They make a new data set from the same table. */
import { z } from "zod";

/** Maximum cells corrected at once. */
const MAX_CORRECTED_CELLS = 10_000;
/** Longest label of a corrected cell, in UTF-16 units. */
const MAX_LABEL = 1000;

/** A request for corrections. */
export const correctionsBody = z
  .strictObject({
    column: z.string().meta({ description: "A column of labels, booleans or numbers." }),
    cells: z
      .array(
        z.strictObject({
          row: z.int().min(0).meta({ description: "Counted from 0." }),
          value: z
            .union([z.string().min(1).max(MAX_LABEL), z.number(), z.boolean(), z.null()])
            .meta({ description: "A label, a boolean or a number, by the type of the column; null means missing." }),
        }),
      )
      .min(1)
      .max(MAX_CORRECTED_CELLS),
    name: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: "Name of the new data set; by default that of the old one." }),
  })
  .meta({ id: "CorrectionsRequest", examples: [{ column: "island", cells: [{ row: 17, value: "Dream" }] }] });

export type CorrectionsRequest = z.output<typeof correctionsBody>;
export type CorrectedCell = CorrectionsRequest["cells"][number];
