/** Notes on the data of a job: which rows and columns were left out, what was guessed, and what looks wrong with the classes. */
import { type Column, type ColumnValues, type DatasetRows, hasValues } from "../../domain/datasets/dataset.ts";
import { isWordForMissing } from "../../domain/datasets/missing-words.ts";
import { type JobNoteCode, MAX_NOTES, type Note } from "../../domain/notes.ts";
import type { Preprocess } from "../../domain/spec/preprocess-options.ts";
import type { JobSpec } from "../../domain/spec/spec.ts";
import { formOf } from "../../domain/spec/split.ts";
import { ID_ROWS } from "./columns-worth-learning.ts";
import { type ClassesResult, isReadAsNumbers } from "./dataset-columns.ts";
import { leakNotes } from "./leak-notes.ts";

/** Minimum rows that a class should have. */
const FEW_ROWS = 10;
/** The share of the largest class from which accuracy says little. */
const IMBALANCE = 0.9;
/** Groups from which a column of ids may divide the rows, and how such a column is called: by a person or a thing with several rows. */
const MIN_GROUPS = 5;
const GROUP_NAME =
  /^(?:(?:participant|subject|patient|proband|person|user|customer|client|kunde|student|pupil|child|family|household|school|animal|mouse|device|machine|session|vehicle|site)[ _-]?(?:id|no|nr|nummer|number|code)?|(?:participant|subject|patient|person|user|customer|client|student|family|household|device|machine|session|group)s?[ _-]?(?:id|no|nr|number|code))\.?$/i;
/** Rows from which numbers that rise by one are those of the rows. */
const MIN_NUMBERED = 20;
/** Different times of a column from which it may order the rows. */
const TIMES = 10;
/** The share of steps from row to row that must go the same way if rows are in the order of their times. */
const MIN_ORDERED = 0.9;
/** Years beyond which unordered dates more likely describe persons and things (birth, founding) than events. */
const MAX_YEARS = 10;
const YEAR_MS = 365.25 * 86_400_000;
/** Names of dates of birth, founding or expiry, which are not the time of a row. */
const DATE_OF_BEING =
  /birth|\bborn\b|\bdob\b|\bgeb(?:\b|oren)|geburt|naissance|\bné(?:e|\(e\))? le\b|nacimiento|nascita|nascimento|geboorte|födelse|fødsel|urodz|naroz|рожд|doğum|lahir|生年月日|誕生日|出生|生日|expir|valid (?:until|to)|gültig bis|founded|founding/i;

/** A data set and the part of it that a job uses. */
export interface NotedData {
  readonly spec: JobSpec;
  readonly dataset: DatasetRows;
  readonly features: readonly Column[];
  readonly targets: readonly Column[];
  readonly classes: Extract<ClassesResult, { ok: true }>;
  /** Rows with a target. */
  readonly rows: number;
}

/** The notes on a job's data, at most `MAX_NOTES` of them. */
export function dataNotes(data: NotedData): Note[] {
  const notes = [targetNotes, classNotes, leftOutNotes, timeNotes, groupNotes, featureNotes, targetLeaks].flatMap((notesOn) =>
    notesOn(data),
  );
  return notes.slice(0, MAX_NOTES);
}

const noteOn = (code: JobNoteCode, column: string | null, detail: string, cure: string): Note => ({
  ...{ code, column, line: null, detail, cure },
});

function targetNotes({ spec, dataset, targets, classes, rows }: NotedData): Note[] {
  const names = targets.map(({ name }) => name).join(", ");
  const [target] = targets;
  const missing = dataset.rows - rows;
  const notes: Note[] = [];
  if (missing > 0) {
    const isOne = missing === 1;
    const detail = `${missing} of ${dataset.rows} rows ${isOne ? "has" : "have"} no ${names}: ${isOne ? "it is" : "they are"} left out`;
    const cure = `fill ${isOne ? "it" : "them"} in, and upload the file again, to train on ${isOne ? "it" : "them"} too`;
    notes.push(noteOn("rows_without_target", target?.name ?? null, detail, cure));
  }
  const own = target && dataset.values.get(target.name);
  const isGuess = target && targets.length === 1 && !spec.task && !spec.loss;
  if (isGuess && !classes.codes && own && isReadAsNumbers(target, own)) {
    const detail = `${target.name} has only ${target.distinct} different whole numbers, which were read as numbers and not as classes`;
    notes.push(noteOn("task_guessed", target.name, detail, 'set "task": "multiclass_classification" if they are classes'));
  }
  if (target && own && !classes.codes && isRowNumber(target, own)) {
    const detail = `${target.name} numbers the rows in their order, as an id does`;
    notes.push(
      noteOn("id_like_column", target.name, detail, "name another column, unless it is their rank that is to be predicted"),
    );
  }
  if (target && !spec.task && !spec.loss && classes.codes && (target.type === "integer" || target.type === "number")) {
    const detail = `${target.name} has ${classes.classes.length} different whole numbers, which were read as classes`;
    notes.push(noteOn("task_guessed", target.name, detail, 'set "task": "regression" to predict them as numbers'));
  }
  return notes;
}

/** Whether whole numbers rise from row to row by one. */
function isRowNumber({ type, distinct }: Column, values: ColumnValues): boolean {
  if (type !== "integer" || distinct < MIN_NUMBERED || distinct !== values.length) return false;
  return values.every((value, row) => row === 0 || value === (values[row - 1] as number) + 1);
}

function classNotes({ spec, targets, classes: { classes, codes }, rows }: NotedData): Note[] {
  const name = targets[0]?.name ?? "";
  if (!codes) return [];
  const counts = new Array<number>(classes.length).fill(0);
  for (const code of codes) if (code >= 0) counts[code] = (counts[code] as number) + 1;
  const rare = classes.filter((_, index) => (counts[index] as number) < FEW_ROWS);
  const notes: Note[] = [];
  if (rare.length > 0) {
    const shown = rare.slice(0, 5).map((label) => `${label} (${counts[classes.indexOf(label)]})`);
    const more = rare.length > shown.length ? ` and ${rare.length - shown.length} more` : "";
    const detail = `${rare.length === 1 ? "a class of" : "classes of"} ${name} with fewer than ${FEW_ROWS} rows: ${shown.join(", ")}${more}`;
    notes.push(
      noteOn("rare_class", name, detail, "collect more rows of them, merge them with other classes, or leave them out"),
    );
  }
  const words = classes.filter((label) => isWordForMissing(label));
  if (words.length > 0 && classes.length > 2) {
    const detail = `${words.map((word) => JSON.stringify(word)).join(", ")} ${words.length === 1 ? "is a class" : "are classes"} of ${name}, but may mean that it is not known`;
    const cure = `upload the file with missing=${JSON.stringify({ [name]: words })} to leave these rows out`;
    notes.push(noteOn("class_may_be_missing", name, detail, cure));
  }
  const most = Math.max(...counts);
  if (most >= IMBALANCE * rows && rows >= FEW_ROWS) {
    const label = classes[counts.indexOf(most)];
    const share = ((100 * most) / rows).toFixed(0);
    const detail = `${share} % of the rows are ${label}: always answering ${label} is right as often`;
    const measures = "look at balanced_accuracy, f1 and pr_auc";
    // A search weighs classes by itself, and a threshold is what remains to choose.
    const cure =
      "auto" in spec.model
        ? `${measures}, and train with "decision": {"maximize": "f1"} to find more of the others`
        : `${measures}, and try "weight": "balanced" (pos_weight for two classes)`;
    notes.push(noteOn("imbalanced_classes", name, detail, cure));
  }
  return notes;
}

/** Notes on columns of labels that combine choices, each with an example. A search has encoded them by their words. */
export function choiceNotes(choices: ReadonlyMap<string, string>, isSearch: boolean): Note[] {
  return [...choices].map(([name, example]) => {
    const cells = `${name} has several choices in one cell, such as ${JSON.stringify(example)}`;
    const detail = isSearch ? `${cells}: its words are the features` : `${cells}: each combination is a label of its own`;
    const cure = isSearch
      ? "make a column of each choice if their words overlap"
      : `add "preprocess": {"columns": {${JSON.stringify(name)}: {"encode": "text"}}} to learn from the choices`;
    return noteOn("choices_in_cells", name, detail, cure);
  });
}

/** Notes on columns of which a search learns only so many labels. */
export function labelNotes(columns: readonly Column[], { columns: options }: Preprocess): Note[] {
  return columns.flatMap(({ name, categories }): Note[] => {
    const { max_categories: most } = (options[name] ?? {}) as { readonly max_categories?: number | null };
    const all = categories?.length ?? 0;
    if (most === undefined || most === null || most >= all) return [];
    const how =
      most > 1
        ? `the ${most} most frequent are learned one by one, and all others as one`
        : "hardly a row shares one, so they are learned as one";
    const detail = `${name} has ${all} different values: ${how}`;
    const cure = "add a column that groups them, such as the region of a place, to learn of the others too";
    return [{ code: "rare_labels", column: name, line: null, detail, cure }];
  });
}

/** On the first target: several are rare, and what a column says about one it says about all. */
function targetLeaks({ dataset: { values }, features, targets, classes: { codes } }: NotedData): Note[] {
  const [target] = targets;
  if (!target) return [];
  if (codes) return leakNotes(target.name, { codes: Int32Array.from(codes) }, features, values);
  const numbers = values.get(target.name);
  return numbers instanceof Float64Array ? leakNotes(target.name, { numbers }, features, values) : [];
}

/** Columns that the job did not exclude, and that nothing can be learned from. */
function leftOutNotes({ spec, dataset, features, targets }: NotedData): Note[] {
  if (!("dataset" in spec.data) || spec.data.dataset.features) return [];
  // A search itself says why it leaves out columns with texts.
  const chosen = "auto" in spec.model ? dataset.columns.filter(hasValues) : features;
  const used = new Set([...[...chosen, ...targets].map(({ name }) => name), ...(spec.data.dataset.exclude ?? [])]);
  return dataset.columns
    .filter(({ name, type, missing }) => type === "text" && missing < dataset.rows && !used.has(name))
    .map(({ name, distinct, kept }) => {
      const detail = `${name} is text (${distinct} different values) and is left out`;
      const cure = kept
        ? "name it in features to learn from its words, or leave model out"
        : `upload the file again, or with types={"${name}":"category"}, to use it`;
      return noteOn("text_left_out", name, detail, cure);
    });
}

/** A random split of a table with times, although later rows may be what is to be predicted. */
function timeNotes({ spec, dataset }: NotedData): Note[] {
  const isDrawn = spec.split === undefined || (spec.split !== null && formOf(spec.split).form === "shares");
  if (!isDrawn) return [];
  const dated = dataset.columns.filter(
    ({ name, type, distinct }) => type === "datetime" && distinct >= TIMES && !DATE_OF_BEING.test(wordsOf(name)),
  );
  const ordered = dated.find(({ name }) => areInOrder(dataset.values.get(name)));
  const column = ordered ?? dated.find(isRecentSpan);
  if (!column) return [];
  const { name } = column;
  const split = `"split": {"time": ${JSON.stringify(name)}}`;
  const where = "the held-out ones are drawn at random from all of them";
  const detail = ordered
    ? `rows have times (${name}) and stand in their order, but ${where}`
    : `rows may have times (${name}), but ${where}`;
  const cure = ordered
    ? `hold out the last rows if you want to predict later ones: ${split}`
    : `if ${name} is when each row came about and you want to predict later ones, hold out the last rows: ${split}`;
  return [noteOn("rows_have_times", name, detail, cure)];
}

/** The name of a column with spaces between its words. */
const wordsOf = (name: string): string => name.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2").replace(/[_.-]+/g, " ");

/** Whether times rise from nearly every row to the next, or fall. */
function areInOrder(times: ColumnValues | undefined): boolean {
  if (!(times instanceof Float64Array)) return false;
  let [rises, falls, last] = [0, 0, Number.NaN];
  for (const at of times) {
    if (Number.isNaN(at)) continue;
    if (at > last) rises++;
    else if (at < last) falls++;
    last = at;
  }
  return Math.max(rises, falls) >= MIN_ORDERED * (rises + falls);
}

/** Whether most dates of a column lie within a few years, as those of events do. True if it is not known. */
function isRecentSpan({ statistics }: Column): boolean {
  return statistics === null || statistics.quantiles.q95 - statistics.quantiles.q05 <= MAX_YEARS * YEAR_MS;
}

/** Rows that are drawn one by one although they seem to belong to persons or things of which each has several. */
function groupNotes({ spec, dataset: { columns, rows }, targets }: NotedData): Note[] {
  const isDrawn = spec.split === undefined || (spec.split !== null && formOf(spec.split).form === "shares");
  const isTarget = (name: string) => targets.some((target) => target.name === name);
  const column =
    isDrawn &&
    columns.find(({ name, type, distinct, missing }) => {
      const isId = (type === "integer" || type === "category") && GROUP_NAME.test(name.trim()) && !isTarget(name);
      return isId && distinct >= MIN_GROUPS && distinct * 2 <= rows - missing;
    });
  if (!column) return [];
  const { name } = column;
  const detail = `rows may belong together by ${name} (${column.distinct} different values), but the held-out ones are drawn one by one: a score on rows of a known ${name} is too good for a new one`;
  const cure = `hold out whole groups if you want to predict new ones: "split": {"group": ${JSON.stringify(name)}}`;
  return [noteOn("rows_have_groups", name, detail, cure)];
}

function featureNotes({ dataset, features }: NotedData): Note[] {
  const { rows } = dataset;
  return features.flatMap(({ name, type, missing, distinct }) => {
    if (missing === rows)
      return [noteOn("column_without_values", name, `${name} has no value in any row`, "leave it out (features)")];
    if (distinct === 1 && missing === 0)
      return [noteOn("constant_column", name, `${name} has the same value in every row`, "leave it out (features)")];
    const isId = (type === "integer" || type === "category") && distinct === rows && rows >= ID_ROWS;
    if (!isId) return [];
    const detail = `${name} has a different value in every row, like an id: what a model learns from it does not apply to new rows`;
    return [noteOn("id_like_column", name, detail, "leave it out (features)")];
  });
}
