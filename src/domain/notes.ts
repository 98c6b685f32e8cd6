/**
 * Notes: what was guessed, left out or looks wrong, although the request is right. Each has a code of this closed list, a sentence
 * that says what was found, and one that says what to do where that was not meant. Errors are in errors.ts.
 */
import { z } from "zod";

/** Every code of a note, and what it says. */
export const NOTES = {
  rows_without_target: "Rows whose target is missing train nothing and are not scored.",
  task_guessed: "Whole numbers of few values were taken for classes.",
  text_left_out: "A column of text has no values that can be trained on.",
  column_without_values: "A column has no value in any row.",
  constant_column: "A column has the same value in every row.",
  id_like_column: "A column has another value in every row, as an id has.",
  column_predicts_target: "A column alone predicts the target almost perfectly.",
  rare_class: "A class has fewer than ten rows.",
  imbalanced_classes: "One class has at least nine tenths of the rows.",
} as const satisfies Readonly<Record<string, string>>;

export type NoteCode = keyof typeof NOTES;

export const note = z
  .object({
    code: z.enum(Object.keys(NOTES) as [NoteCode, ...NoteCode[]]),
    column: z.string().nullable(),
    line: z.int().nullable().meta({ description: "The line of the uploaded file, where one is meant." }),
    detail: z.string(),
    cure: z.string(),
  })
  .meta({
    id: "Note",
    description: `What was guessed, left out or looks wrong. ${Object.entries(NOTES)
      .map(([code, text]) => `\`${code}\`: ${text}`)
      .join(" ")}`,
    examples: [
      {
        code: "rows_without_target",
        column: "sex",
        line: null,
        detail: "11 of 344 rows have no sex: they are left out",
        cure: "fill them in, and upload the file again, to train on them too",
      },
    ],
  });

export type Note = z.output<typeof note>;

/** Most notes of one answer; a table of very many odd columns has more than anybody reads. */
export const MAX_NOTES = 50;
