/** Texts as features, held to the figures of scikit-learn's TfidfVectorizer. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { featureNames, type TextColumn } from "../../../../src/domain/datasets/preprocessing.ts";
import { packTexts, textsOf } from "../../../../src/domain/datasets/texts.ts";
import { DEFAULT_TEXT, type TextOptions } from "../../../../src/domain/spec/preprocess-options.ts";
import { createTextEncoder, defaultTextWidth, fitVocabularies } from "../../../../src/training/data/text/text-features.ts";

interface Figures {
  readonly terms: readonly string[];
  readonly idf: readonly number[];
  /** Features other than 0, of the texts and then of those that are asked. */
  readonly rows: readonly Readonly<Record<string, number>>[];
}

/** scikit-learn 1.2.1: TfidfVectorizer(), with sublinear_tf=True, and with analyzer="char_wb", ngram_range=(3, 5). */
const FIGURES = JSON.parse(readFileSync(new URL("../../../fixtures/text/tfidf.json", import.meta.url), "utf8")) as {
  readonly texts: readonly string[];
  readonly asked: readonly string[];
} & Readonly<Record<"word" | "sublinear" | "char_wb", Figures>>;

function fitted(texts: readonly string[], options: Partial<TextOptions>): TextColumn {
  const all = { ...DEFAULT_TEXT, min_rows: 1, max_features: 8192, ...options };
  const rows = Int32Array.from(texts, (_, row) => row);
  const vocabularies = fitVocabularies((row) => texts[row] as string, rows, all, 1);
  return { kind: "text", column: "x", sublinear_tf: all.sublinear_tf, vocabularies };
}

function encoded(column: TextColumn, text: string): Float32Array {
  const out = new Float32Array(featureNames(column).length);
  createTextEncoder(column)(text, out, 0);
  return out;
}

describe("TF-IDF of texts", () => {
  it.each<["word" | "sublinear" | "char_wb", Partial<TextOptions>]>([
    ["word", { ngrams: "word" }],
    ["sublinear", { ngrams: "word", sublinear_tf: true }],
    ["char_wb", { ngrams: "char" }],
  ])("has the terms, the weights and the features of scikit-learn: %s", (figures, options) => {
    const { terms, idf, rows } = FIGURES[figures];
    const column = fitted(FIGURES.texts, options);
    const [vocabulary] = column.vocabularies;
    const order = new Map(vocabulary?.terms.map((term, place) => [term, place]));
    expect([...(vocabulary?.terms ?? [])].sort()).toEqual([...terms].sort());
    terms.forEach((term, place) => {
      expect(vocabulary?.idf[order.get(term) as number]).toBeCloseTo(idf[place] as number, 12);
    });
    [...FIGURES.texts, ...FIGURES.asked].forEach((text, row) => {
      const found = encoded(column, text);
      const expected = terms.map((term) => rows[row]?.[term] ?? 0);
      const own = terms.map((term) => found[order.get(term) as number] as number);
      expect(own).toEqual(expected.map((value) => expect.closeTo(value, 6)));
    });
  });

  it("keeps the most frequent terms, half of them characters, and those of several rows", () => {
    const texts = ["red red red", "red blue", "green blue", "green pea", "pea", "once"];
    const terms = (options: Partial<TextOptions>) => fitted(texts, options).vocabularies.map((own) => own.terms);
    expect(terms({ ngrams: "word", max_features: 2 })).toEqual([["blue", "red"]]);
    expect(terms({ ngrams: "word", min_rows: 2 })).toEqual([["blue", "green", "pea", "red"]]);
    const [words, characters] = terms({ max_features: 20, min_rows: 2 });
    expect(words).toEqual(["blue", "green", "pea", "red"]);
    expect(characters).toHaveLength(16);
  });

  it("keeps rare terms where no other ones are there, and nothing of texts without any", () => {
    expect(fitted(["one", "two"], { ngrams: "word", min_rows: 2 }).vocabularies[0]?.terms).toEqual(["one", "two"]);
    expect(fitted(["", "- !"], { ngrams: "word" }).vocabularies[0]?.terms).toEqual([]);
  });

  it("bounds the features of all rows in memory", () => {
    expect([defaultTextWidth(4000, 1), defaultTextWidth(4000, 2)]).toEqual([2048, 1024]);
    expect([defaultTextWidth(100, 1), defaultTextWidth(10, 1)]).toEqual([100, 64]);
    for (const rows of [10_000, 20_000, 100_000, 400_000])
      expect(rows * defaultTextWidth(rows, 1)).toBeLessThanOrEqual(32 * 1024 * 1024);
  });

  it("has names that differ for all terms", () => {
    const names = featureNames(fitted(FIGURES.texts, {}));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("x has naples");
    expect(names).toContain('x has " nap"');
  });
});

describe("packed texts", () => {
  it("come back, with a space for a line break and nothing for a missing one", () => {
    const texts = fc.array(fc.option(fc.string({ unit: "grapheme" })), { maxLength: 60 });
    fc.assert(
      fc.property(texts, (given) => {
        expect(textsOf(packTexts(given))).toEqual(given.map((text) => (text ?? "").replaceAll(/[\n\r]/g, " ")));
      }),
    );
    const many = Array.from({ length: 10_000 }, (_, row) => (row % 3 === 0 ? null : `row ${row}\nü`));
    expect(textsOf(packTexts(many))[9_998]).toBe("row 9998 ü");
  });
});
