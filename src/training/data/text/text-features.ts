/**
 * Converts texts to features: how often the terms of a vocabulary occur, weighted by their rarity. The formulas are those of scikit-learn's
 * TfidfVectorizer with its defaults: tf · (ln((1 + n) / (1 + df)) + 1), n texts, df of them with the term; then the features of a row are
 * divided by their l2 norm. Terms are words, or characters within words, of the lower-cased text.
 */
import type { TextColumn, Vocabulary } from "../../../domain/datasets/preprocessing.ts";
import type { TextOptions } from "../../../domain/spec/preprocess-options.ts";
import { deterministicMath } from "../../../engine/index.ts";

type Analyzer = Vocabulary["analyzer"];

/** Lengths of the character terms. */
const CHARACTERS = { least: 3, most: 5 };
/** UTF-16 units of training texts from which vocabularies are chosen: rows are sampled evenly if there are more. */
const MAX_FITTED_CHARACTERS = 2 * 1024 * 1024;
/** Maximum features of all texts of a row, unless more are requested. */
const MAX_FEATURES = 2048;
/** Maximum features of all texts of all training rows, 128 MiB: longer tables have narrower texts. */
const MAX_VALUES = 32 * 1024 * 1024;
/** Features that a column always has room for. */
const MIN_FEATURES = 64;

/** Runs of two or more letters, digits and underscores, as the default pattern of scikit-learn. */
const WORD = /[\p{L}\p{N}_]{2,}/gu;
const BEYOND_UTF16 = /[\ud800-\udfff]/;

/** Calls `visit` with each term of a text, as often as it occurs. */
const ANALYZERS: Readonly<Record<Analyzer, (text: string, visit: (term: string) => void) => void>> = {
  word(text, visit) {
    for (const word of text.toLowerCase().match(WORD) ?? []) visit(word);
  },
  /** scikit-learn's `char_wb`: of each word between spaces, with a space before and after it. */
  char_wb(text, visit) {
    for (const word of text.toLowerCase().split(/\s+/)) {
      if (word === "") continue;
      const padded = ` ${word} `;
      // Characters, not halves of them.
      const units = BEYOND_UTF16.test(padded) ? [...padded] : null;
      const length = units ? units.length : padded.length;
      for (let size = CHARACTERS.least; size <= CHARACTERS.most; size++) {
        const last = Math.max(0, length - size);
        for (let at = 0; at <= last; at++) visit(units ? units.slice(at, at + size).join("") : padded.slice(at, at + size));
        // A word as short as this counts once.
        if (last === 0) break;
      }
    }
  },
};

const ANALYZERS_OF: Readonly<Record<TextOptions["ngrams"], readonly Analyzer[]>> = {
  word: ["word"],
  char: ["char_wb"],
  both: ["word", "char_wb"],
};

/**
 * Default maximum features of a text column: by the training rows, shared by the text columns.
 *
 * @internal Exported for the tests of its limits.
 */
export function defaultTextWidth(rows: number, columns: number): number {
  const most = Math.min(MAX_FEATURES, MAX_VALUES / Math.max(1, rows), Math.max(MIN_FEATURES, rows));
  return Math.max(MIN_FEATURES, Math.floor(most / columns));
}

/** Chooses the vocabularies of a column from its training texts: of each kind the most frequent terms, half of the features each. */
export function fitVocabularies(
  texts: (row: number) => string,
  train: Int32Array,
  { ngrams, max_features, min_rows }: TextOptions,
  columns: number,
): Vocabulary[] {
  const most = max_features ?? defaultTextWidth(train.length, columns);
  const sampled = sampleOf(texts, train);
  const analyzers = ANALYZERS_OF[ngrams];
  let left = most;
  return analyzers.map((analyzer, index) => {
    const share = Math.floor(left / (analyzers.length - index));
    const vocabulary = fitVocabulary(texts, sampled, analyzer, share, min_rows);
    left -= vocabulary.terms.length;
    return vocabulary;
  });
}

/** Rows sampled evenly from the training rows, up to the maximum number of characters. */
function sampleOf(texts: (row: number) => string, train: Int32Array): Int32Array {
  let characters = 0;
  for (const row of train) characters += texts(row).length;
  if (characters <= MAX_FITTED_CHARACTERS) return train;
  const count = Math.max(1, Math.floor((train.length * MAX_FITTED_CHARACTERS) / characters));
  return Int32Array.from({ length: count }, (_, place) => train[Math.floor((place * train.length) / count)] as number);
}

function fitVocabulary(
  texts: (row: number) => string,
  rows: Int32Array,
  analyzer: Analyzer,
  most: number,
  minRows: number,
): Vocabulary {
  const found = new Map<string, { count: number; rows: number; last: number }>();
  for (const [place, row] of rows.entries()) {
    ANALYZERS[analyzer](texts(row), (term) => {
      const known = found.get(term);
      if (!known) {
        found.set(term, { count: 1, rows: 1, last: place });
        return;
      }
      known.count++;
      if (known.last !== place) known.rows++;
      known.last = place;
    });
  }
  const all = [...found];
  const frequent = all.filter(([, own]) => own.rows >= minRows);
  const chosen = (frequent.length > 0 ? frequent : all)
    .sort(([a, own], [b, other]) => other.count - own.count || (a < b ? -1 : 1))
    .slice(0, most)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    analyzer,
    terms: chosen.map(([term]) => term),
    idf: chosen.map(([, own]) => deterministicMath.log((1 + rows.length) / (1 + own.rows)) + 1),
  };
}

/** Writes the features of a text at an offset of `out`. */
export type TextEncoder = (text: string, out: Float32Array, offset: number) => void;

/** Creates the encoder of a fitted column. */
export function createTextEncoder({ vocabularies, sublinear_tf }: TextColumn): TextEncoder {
  let width = 0;
  const parts = vocabularies.map((vocabulary) => {
    const start = width;
    width += vocabulary.terms.length;
    return { ...vocabulary, start, places: new Map(vocabulary.terms.map((term, place) => [term, place])) };
  });
  return (text, out, offset) => {
    out.fill(0, offset, offset + width);
    for (const { analyzer, places, idf, start } of parts) {
      const counts = new Map<number, number>();
      ANALYZERS[analyzer](text, (term) => {
        const place = places.get(term);
        if (place !== undefined) counts.set(place, (counts.get(place) ?? 0) + 1);
      });
      let squares = 0;
      for (const [place, count] of counts) {
        const weight = (sublinear_tf ? 1 + deterministicMath.log(count) : count) * (idf[place] as number);
        counts.set(place, weight);
        squares += weight * weight;
      }
      const norm = Math.sqrt(squares);
      for (const [place, weight] of counts) out[offset + start + place] = weight / norm;
    }
  };
}
