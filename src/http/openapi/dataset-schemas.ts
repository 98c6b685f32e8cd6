/** Data sets as the API shows them: schemas for the document, and the text of the answers. */
import { z } from "zod";
import { columnSchema, DATASET_FORMATS, type DatasetDocument, type DatasetSummary } from "../../domain/datasets/dataset.ts";
import { MISSING_WORDS } from "../../domain/datasets/missing-words.ts";
import { tableReading } from "../../domain/datasets/table-reading.ts";
import { note } from "../../domain/notes.ts";

const summary = {
  id: z.string(),
  name: z.string(),
  format: z.enum(DATASET_FORMATS),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({
      description:
        "SHA-256 of the uploaded file; when options of its reading were given, of the file, a newline and these as JSON.",
    }),
  bytes: z.int().meta({ description: "The size of the uploaded file." }),
  rows: z.int(),
  column_count: z.int(),
  created_at: z.iso.datetime(),
};

const penguins = {
  id: "ds_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90",
  name: "penguins",
  format: "csv",
  sha256: "3be3a3ca4c4b9b2b9d2b0d6d4f1a0a7f3c1f8f0e4a3e5a3f6b3b3c7f0f6f2d11",
  bytes: 13478,
  rows: 344,
  column_count: 7,
  created_at: "2026-01-02T03:04:05.678Z",
} as const;

const island = {
  name: "island",
  type: "category",
  missing: 0,
  distinct: 3,
  statistics: null,
  top: [
    { value: "Biscoe", count: 168 },
    { value: "Dream", count: 124 },
    { value: "Torgersen", count: 52 },
  ],
  categories: ["Biscoe", "Dream", "Torgersen"],
} as const;

const about = {
  reading: tableReading.nullable().meta({ description: "How the table was read; null where that was not recorded." }),
  notes: z.array(note).meta({ description: "What was guessed, left out or looks wrong." }),
};
const plainly = {
  encoding: { value: "utf-8", from: "found" },
  delimiter: { value: ",", from: "found" },
  header: { value: true, from: "found" },
  missing: { value: [...MISSING_WORDS], from: "default" },
} as const;

export const datasetAnswer = z.object({ ...summary, columns: z.array(columnSchema), ...about }).meta({
  id: "Dataset",
  description: "A data set: an uploaded table, its columns and their statistics.",
  examples: [
    {
      ...penguins,
      column_count: 1,
      columns: [{ ...island, top: [...island.top], categories: [...island.categories] }],
      reading: plainly,
      notes: [],
    },
  ],
});

const datasetSummary = z.object(summary).meta({
  id: "DatasetSummary",
  description: "A data set without its columns.",
  examples: [penguins],
});

export const datasetsAnswer = z
  .object({
    data: z.array(datasetSummary),
    has_more: z.boolean(),
    next_after: z.string().nullable().meta({ description: "Pass it as `after` for the next page." }),
  })
  .meta({ id: "DatasetPage", description: "Data sets, newest first." });

export const previewAnswer = z
  .object({
    columns: z.array(z.string()),
    rows: z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))).meta({
      description: "Values in the order of the columns; null where missing, times as ISO 8601, long texts shortened.",
    }),
  })
  .meta({
    id: "DatasetPreview",
    description: "The first rows of a data set.",
    examples: [{ columns: ["island", "body_mass_g"], rows: [["Torgersen", 3750]] }],
  });

export const sampleAnswer = z
  .object({
    total: z.int().meta({ description: "Rows of the data set." }),
    returned: z.int().meta({ description: "Rows in this answer, spread evenly over the data set and in its order." }),
    columns: z.array(
      z.object({
        name: z.string(),
        values: z.array(z.union([z.number(), z.string(), z.null()])).meta({
          description: "Numbers as they are, labels as text, times as ISO 8601; null where missing.",
        }),
      }),
    ),
  })
  .meta({
    id: "DatasetSample",
    description: "Some rows of a data set, by column.",
    examples: [{ total: 344, returned: 1, columns: [{ name: "body_mass_g", values: [3750] }] }],
  });

/** A data set in a list. */
export function representSummary(dataset: DatasetSummary): z.output<typeof datasetSummary> {
  return {
    id: dataset.id,
    name: dataset.name,
    format: dataset.format,
    sha256: dataset.sha256,
    bytes: dataset.bytes,
    rows: dataset.rows,
    column_count: dataset.columnCount,
    created_at: new Date(dataset.createdAt).toISOString(),
  };
}

/** A data set with its columns, as JSON text in parts: the columns are stored as text. */
export function datasetJson({ summary: dataset, columnsJson, aboutJson }: DatasetDocument): string[] {
  const about = aboutJson ?? '{"reading":null,"notes":[]}';
  return [`${JSON.stringify(representSummary(dataset)).slice(0, -1)},"columns":`, columnsJson, `,${about.slice(1)}`];
}

/** A preview as JSON text in parts, of rows that are JSON text already. */
export function previewJson(names: readonly string[], lines: readonly string[]): string[] {
  const rows = lines.flatMap((line, row) => (row === 0 ? [line] : [",", line]));
  return [`{"columns":${JSON.stringify(names)},"rows":[`, ...rows, "]}"];
}
