/** A request to import a table from a source. */
import { z } from "zod";
import { DATASET_FORMATS } from "../datasets/dataset.ts";
import { readingOptions } from "../datasets/reading-options.ts";
import { type Source, source } from "./source.ts";

/** How a fetched table is named and read. */
export const importOptions = z.object({
  name: z.string().trim().min(1).max(200).optional().meta({ description: "That of the file when left out." }),
  format: z.enum(DATASET_FORMATS).optional().meta({
    description: "The format, when neither the content type nor the extension gives it, or to override both.",
  }),
  reading: readingOptions.optional().meta({ description: "How the table is read, where that is not to be found out." }),
});

/** The request to import a table. */
export const importBody = z
  .strictObject({ source, ...importOptions.shape })
  .meta({ id: "ImportRequest", examples: [{ source: { url: "https://example.com/penguins.csv" }, name: "penguins" }] });

export type ImportOptions = z.output<typeof importOptions>;
export interface ImportRequest extends ImportOptions {
  readonly source: Source;
}
