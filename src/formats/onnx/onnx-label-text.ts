/**
 * The texts of a label column as ONNX nodes: which mean missing, and which are another spelling of a label. Equals
 * domain/datasets/column-reader.ts, with regular expressions of RE2 that ignore case and spaces around.
 */
import { wordsOfTruth } from "../../domain/datasets/cell-parsing.ts";
import { spellingKey } from "../../domain/datasets/label-spellings.ts";
import { missingWordsAmong } from "../../domain/datasets/missing-words.ts";
import type { EncodedColumn } from "../../domain/datasets/preprocessing.ts";
import type { GraphBuilder, Value } from "./onnx-graph.ts";

type CategoryColumn = Extract<EncodedColumn, { kind: "category" }>;

/** Converts a text that is a spelling of a label to that label: for booleans every word, for others those that a missing word resembles. */
export function spelledAsLabel(graph: GraphBuilder, column: CategoryColumn, raw: Value): Value {
  return spellingsOf(column).reduce((text, [label, pattern]) => {
    const isLabel = graph.node("RegexFullMatch", [text], { pattern });
    return graph.node("Where", [isLabel, graph.constant("string", label), text]);
  }, raw);
}

/** Whether a text means missing. A label that is such a word must be spelled exactly. */
export function isMissingLabel(graph: GraphBuilder, column: CategoryColumn, text: Value): Value {
  const isWord = graph.node("RegexFullMatch", [text], { pattern: anyCase(["", ...missingWordsOf(column)]) });
  const labels = spellingsOf(column).map(([label]) => label);
  if (column.boolean || labels.length === 0) return isWord;
  const isLabel = labels
    .map((label) => graph.node("Equal", [text, graph.constant("string", label)]))
    .reduce((one, other) => graph.node("Or", [one, other]));
  return graph.node("And", [isWord, graph.node("Not", [isLabel])]);
}

/** Labels with the pattern of the texts that become them. */
function spellingsOf(column: CategoryColumn): readonly (readonly [label: string, pattern: string])[] {
  const { categories, boolean } = column;
  if (boolean) {
    return [0, 1].flatMap((truth) => {
      const label = truth === 1 ? "true" : "false";
      return categories.includes(label) ? [[label, anyCase(wordsOfTruth(truth))] as const] : [];
    });
  }
  const words = new Set(missingWordsOf(column));
  const isWordLike = (label: string) => words.has(label.trim().toLowerCase());
  const wordLike = categories.filter(isWordLike);
  const spelled = column.reading?.case === "ignored" ? categories.filter((label) => isAlone(label, categories)) : [];
  return [
    ...spelled.filter((label) => !isWordLike(label)).map((label) => [label, anyCase([label.trim()])] as const),
    ...wordLike.map((label) => [label, surrounded(quoted(label))] as const),
  ];
}

/** Whether no other label differs from one in capital letters alone. */
function isAlone(label: string, labels: readonly string[]): boolean {
  return labels.filter((other) => spellingKey(other) === spellingKey(label)).length === 1;
}

function missingWordsOf({ boolean, reading }: CategoryColumn): readonly string[] {
  const own = (reading?.missing ?? []).map((word) => word.trim().toLowerCase());
  return [...new Set([...missingWordsAmong(boolean ? "truths" : "labels"), ...own])].filter((word) => word !== "");
}

/** The white space of ECMAScript's `trim`; RE2's own is ASCII only. */
const SPACES = "[\\t-\\r \\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{3000}\\x{FEFF}]*";

const surrounded = (pattern: string): string => `${SPACES}${pattern}${SPACES}`;
const anyCase = (words: readonly string[]): string => surrounded(`(?i:${words.map(quoted).join("|")})`);

/** A text as a pattern of itself: everything except ASCII letters and digits as code points. */
function quoted(text: string): string {
  return text.replaceAll(/[^a-z0-9]/giu, (character) => `\\x{${(character.codePointAt(0) as number).toString(16)}}`);
}
