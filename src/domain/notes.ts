/**
 * Notes on a valid request: what was guessed, left out or looks wrong. A note has a code of this closed list, a sentence on what
 * was found, and a sentence on what to do if it was not intended. Errors are in errors.ts.
 */
import { z } from "zod";

/** Codes of what is found while a table is read, and their meaning. */
export const UPLOAD_NOTES = {
  cells_read_as_missing:
    "A few cells in a column of numbers, dates or booleans could not be read as such, and were read as missing.",
  missing_codes: "A number stands apart from all others of its column and may mean a missing value, as -999 does.",
  column_in_doubt: "A column was read as labels because too many of its cells are not numbers or dates.",
  letters_behind_numbers:
    "Letters behind the numbers of a column may be a unit, which is left out, or part of a name, as in seats: then the column has labels. It has them too if K or M stands behind some of its numbers only, or if they have several units.",
  bounds_read_as_numbers: "Cells of a column of numbers are bounds such as <0.5, and were read as the number beside the sign.",
  spellings_merged: "Labels of a column that differ only in capital letters were read as one label.",
  ambiguous_numbers: "The numbers of a column could be read in two ways.",
  ambiguous_dates: "The dates of a column could be read in two ways.",
  header_guessed: "It is not certain whether the first row has the column names.",
  encoding_guessed: "The text of a CSV is not UTF-8, and was read in another encoding.",
  sheet_chosen: "A workbook has several sheets, and one of them was read.",
  title_lines: "Lines above the column names were left out as a title.",
  names_repeated: "Several columns have the same name: the later ones were renamed.",
  lines_skipped: "Comments, separator lines and repeated column names were skipped.",
  name_lines: "Lines below the column names that have no values, such as units, were taken as part of the names.",
  lines_below: "Lines below the rows were left out as notes on the table.",
  totals_row: "The last row has the sums of all others, and was left out.",
  index_column: "The first column has no name and counts the rows: it is a feature only if `features` names it.",
  large_integers: "A column of whole numbers beyond 2^53 was read as labels, which keep their digits.",
  cells_corrected: "Cells of a column were corrected after the upload.",
  duplicate_rows: "Some rows repeat an earlier row in every column.",
} as const satisfies Readonly<Record<string, string>>;

/** Codes of what is found in the rows and columns of a job, and their meaning. */
const JOB_NOTES = {
  rows_without_target: "Rows without a target are neither trained on nor scored.",
  task_guessed:
    "A target with few different whole numbers was read as classes, or as numbers where they are far apart or hardly repeat.",
  text_left_out:
    "A column of text is left out, because the network is given and no features are named, or because its texts were not kept.",
  choices_in_cells: "Cells of a column of labels hold several choices, such as `Email;Phone`.",
  column_without_values: "A column has no value in any row.",
  constant_column: "A column has the same value in every row.",
  id_like_column: "A column has a different value in every row, like an id.",
  rows_have_times: "The rows have times, or may have them, but the held-out ones are drawn at random.",
  rows_have_groups: "Rows may belong together, but the held-out ones are drawn one by one.",
  column_predicts_target: "A column alone predicts the target almost perfectly.",
  class_may_be_missing: "A class is a word that may mean that the target is not known.",
  rare_class: "A class has fewer than ten rows.",
  imbalanced_classes: "One class has at least nine tenths of the rows.",
} as const satisfies Readonly<Record<string, string>>;

/** Codes for why a search leaves a column out, in addition to those of every job. */
const CHOICE_NOTES = {
  duplicate_column: "A column has the same value as an earlier one in every row.",
  rare_labels: "Labels of a column that hardly a row has count as one, as unknown ones do.",
} as const satisfies Readonly<Record<string, string>>;

/** Codes of what is found in rows to predict, and their meaning. */
const PREDICT_NOTES = {
  value_outside_training:
    "Rows to predict have a value further outside the range of the training rows than that range is wide.",
  unseen_category: "Rows to predict have a label that no training row had.",
} as const satisfies Readonly<Record<string, string>>;

/** Every code of a note, and its meaning. */
export const NOTES = { ...UPLOAD_NOTES, ...JOB_NOTES, ...CHOICE_NOTES, ...PREDICT_NOTES } as const;

export type NoteCode = keyof typeof NOTES;
export type UploadNoteCode = keyof typeof UPLOAD_NOTES;
export type JobNoteCode = keyof typeof JOB_NOTES;

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

/** Maximum notes per response: a table with very many odd columns would have more than anyone reads. */
export const MAX_NOTES = 50;
