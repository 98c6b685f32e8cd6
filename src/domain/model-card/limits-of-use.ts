/**
 * What to know before a model is used: sentences that follow from its notes, scores and columns. A table of rules; a rule that does not
 * apply says nothing. Pure.
 */
import type { ClassEvaluation, PartEvaluation } from "../models/evaluation.ts";
import { MAX_NOTES, type NoteCode } from "../notes.ts";
import { verdictOf } from "../score-text.ts";
import type { ModelCardFacts } from "./facts.ts";

/** With fewer scored rows than this, chance moves a score a lot. */
const FEW_ROWS = 100;
/** A recall below this misses a class more often than it finds it. */
const WEAK_RECALL = 0.5;
/** Maximum classes named. */
const NAMED_CLASSES = 5;
/** Mean distance of probability and frequency above which probabilities are unreliable. */
const MISCALIBRATED = 0.1;

/** Notes on what a model cannot be trusted with, and how. */
const OF_NOTES: Partial<Record<NoteCode, string>> = {
  column_predicts_target: "If it is not known at the time of a prediction, the scores are too good to be true.",
  id_like_column: "What the model learned from an id does not help with new rows.",
  imbalanced_classes: "Accuracy says little here: look at the recall of each class.",
  rare_class: "Little can be learned from so few rows, and the scores of the class are uncertain.",
  rows_have_times: "For later rows the score may be too good: hold out the last rows to check.",
  rows_have_groups: "For new groups the score may be too good: hold out whole groups to check.",
  rows_without_target: "It is not known whether they are like the others.",
  task_guessed: "If the task was guessed wrong, train again with the right one.",
  ambiguous_numbers: "Rows to predict are read the same way.",
  ambiguous_dates: "Rows to predict are read the same way.",
  duplicate_rows: "If a row and its copy are on different sides of the split, the score is too good.",
};

type Rule = (facts: ModelCardFacts) => readonly string[];

const RULES: readonly Rule[] = [
  ({ model: { score }, checkpoint }) => {
    if (score) return [];
    return checkpoint
      ? ["It is a checkpoint, and checkpoints are not scored: the final model of its job is."]
      : ["It was not scored here, so its quality is not known."];
  },
  ({ model: { score } }) => {
    const verdict = score && verdictOf(score);
    return verdict && verdict.tone !== "ok" ? [`${verdict.words}.`] : [];
  },
  ({ model: { score } }) =>
    score && score.part !== "train" && score.rows < FEW_ROWS
      ? [`It was scored on ${score.rows} rows only: look at the intervals rather than the scores.`]
      : [],
  (facts) => weakClasses(scoredPart(facts)),
  (facts) => {
    const part = scoredPart(facts);
    if (!part || !isClasses(part) || part.calibration.error === null || part.calibration.error <= MISCALIBRATED) return [];
    const off = Math.round(part.calibration.error * 100);
    return [`Its probabilities are off by ${off} points on average: use them to rank rows, but not as frequencies.`];
  },
  ({ job }) =>
    (job?.notes.slice(0, MAX_NOTES) ?? []).flatMap(({ code, detail }) => {
      const consequence = OF_NOTES[code];
      return consequence ? [`${sentence(detail)} ${consequence}`] : [];
    }),
  ({ model: { preprocessing } }) => {
    if (!preprocessing) return [];
    const has = (kind: string) => preprocessing.columns.some((column) => column.kind === kind);
    return [
      ...(has("numeric") || has("datetime")
        ? ["Its answers for rows outside the ranges of the training rows are guesses; predictions of such rows have a note."]
        : []),
      ...(has("category")
        ? ["A label that was not in the training rows counts as “other”; predictions of such rows have a note."]
        : []),
    ];
  },
  ({ model: { preprocessing } }) =>
    preprocessing ? [] : ["Rows are plain numbers in a fixed order: nothing checks that they mean the same as in training."],
  () => [
    "Its quality for groups of people, and on rows from another time or place, was not measured.",
    "It was made to predict. If a column matters to it, that does not mean that changing the column changes the target.",
  ],
];

/** Returns the limits of use, the most serious first. */
export function limitsOfUse(facts: ModelCardFacts): string[] {
  return RULES.flatMap((rule) => rule(facts));
}

/** The evaluation of held-out rows; of a search, its validation part is the out-of-fold rows. */
export function scoredPart({ evaluation }: Pick<ModelCardFacts, "evaluation">): PartEvaluation | null {
  return evaluation && (evaluation.test ?? evaluation.validation);
}

/** Whether a part is of classes. */
export const isClasses = (part: PartEvaluation): part is ClassEvaluation => "accuracy" in part;

function weakClasses(part: PartEvaluation | null): string[] {
  if (!part || !isClasses(part)) return [];
  const weak = (part.classes ?? []).filter(({ rows, recall }) => rows > 0 && recall !== null && recall < WEAK_RECALL);
  if (weak.length === 0) return [];
  const named = weak.slice(0, NAMED_CLASSES).map(({ label, recall }) => `${label} (${Math.round((recall ?? 0) * 100)} %)`);
  const more = weak.length > named.length ? ` and ${weak.length - named.length} more classes` : "";
  return [`It misses more rows than it finds for ${named.join(", ")}${more}.`];
}

/** A note's text as a sentence. */
const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
