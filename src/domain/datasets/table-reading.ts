/** How a table was read, with its notes: answered together with the columns of a data set. */
import { z } from "zod";
import { type Note, note } from "../notes.ts";
import { ENCODINGS } from "./encodings.ts";

const from = z.enum(["given", "found"]).meta({ description: "Whether the sender gave it or it was detected." });

/** How the whole table was read. A column that is not plain has its own `reading`. */
export const tableReading = z
  .strictObject({
    encoding: z
      .strictObject({ value: z.enum(ENCODINGS), from })
      .optional()
      .meta({ description: "For text formats; Parquet and Excel have none." }),
    delimiter: z.strictObject({ value: z.string(), from }).optional().meta({ description: "For CSV." }),
    sheet: z
      .strictObject({ value: z.string(), from, others: z.array(z.string()) })
      .optional()
      .meta({ description: "For Excel; `others` are the other sheets that are not hidden, at most 100." }),
    header: z
      .strictObject({ value: z.boolean(), from })
      .optional()
      .meta({ description: "For CSV and Excel: whether the first row has the column names." }),
    skipped_lines: z.array(z.int()).optional().meta({ description: "Lines that are not rows: titles, comments, `sep=;`." }),
    missing: z
      .strictObject({
        value: z.array(z.string()),
        from: z.enum(["given", "default"]),
        by_column: z
          .record(z.string(), z.array(z.string()))
          .optional()
          .meta({ description: "Words that the sender gave for single columns, beside those of every column." }),
      })
      .meta({ description: "Words that mean a missing value in every column." }),
  })
  .meta({ id: "TableReading", description: "How a table was read." });

export type TableReading = z.output<typeof tableReading>;

/**
 * The JSON that is stored beside a table's columns.
 *
 * @internal Exported so that a test can parse it.
 */
export const aboutTable = z.strictObject({ reading: tableReading.nullable(), notes: z.array(note) });
export interface AboutTable {
  /** Null if it was not recorded. */
  readonly reading: TableReading | null;
  readonly notes: readonly Note[];
}
