/** The options for turning the columns of a data set into numbers. The fitted result is in preprocessing.ts. */
import { z } from "zod";
import { CATEGORY_ENCODINGS, DATETIME_PARTS, NUMERIC_ENCODINGS } from "../datasets/preprocessing.ts";

const numeric = {
  impute: z.enum(["mean", "median", "most_frequent", "constant"]),
  constant: z.number().meta({ description: "The value for `impute: constant`." }),
  indicator: z.boolean().meta({ description: "Add a feature that is 1 where the value was missing." }),
  scale: z.enum(["standard", "min_max", "robust", "none"]),
  clip: z.enum(["smooth", "none"]).meta({
    description:
      "smooth: x / sqrt(1 + (x / 3)²) of the scaled value, which stays between -3 and 3. `scale: robust` then uses half of the whole range if both quartiles are equal.",
  }),
  encode: z.enum(NUMERIC_ENCODINGS).meta({
    description:
      "piecewise_linear: a feature for each bin between quantiles, from 0 below the bin to 1 above it (Gorishniy et al. 2022). both: the value, then its bins.",
  }),
  bins: z.int().min(2).max(256).meta({ description: "Number of bins of piecewise_linear; fewer if quantiles are equal." }),
};

const category = {
  impute: z
    .enum(["other", "most_frequent", "constant"])
    .meta({ description: "other: a missing value is treated as an unknown one." }),
  constant: z.string().meta({ description: "The label for `impute: constant`." }),
  encode: z
    .enum([...CATEGORY_ENCODINGS, "text"])
    .meta({ description: "text: by the words of the label, with the options of preprocess.text." }),
  dimension: z
    .int()
    .min(1)
    .max(1024)
    .nullable()
    .meta({ description: "Size of an embedding; null: chosen from the number of categories." }),
};

/** Left out of a resolved spec unless given, so that older specs stay unchanged. */
const categoryMore = {
  max_categories: z.int().min(1).max(10_000).nullable().optional().meta({
    description:
      "Only this many labels, the most frequent among the training rows, have a feature; the others count as other. null: all.",
  }),
};

const text = {
  ngrams: z.enum(["word", "char", "both"]).meta({
    description:
      "The terms: words, three to five characters within a word, or the most frequent of both, half of the features for each.",
  }),
  max_features: z.int().min(1).max(8192).nullable().meta({
    description:
      "Most terms; the most frequent are used. null: 2048 for all text columns together, but no more than training rows, and fewer for many rows: at most 32 Mi values.",
  }),
  min_rows: z.int().min(1).meta({ description: "The least number of training rows that a term must occur in." }),
  sublinear_tf: z.boolean().meta({ description: "Use 1 + ln(count) in place of the count of a term in a row." }),
};

const parts = z.array(z.enum(DATETIME_PARTS)).min(1);

const defaults = {
  numeric: {
    impute: "mean",
    constant: 0,
    indicator: false,
    scale: "standard",
    clip: "none",
    encode: "value",
    bins: 16,
  },
  category: { impute: "other", constant: "", encode: "one_hot", dimension: null },
  text: { ngrams: "both", max_features: null, min_rows: 2, sublinear_tf: false },
} as const;

/** Fills in missing options, field by field. */
const withDefaults = <T extends Record<string, z.ZodType>>(shape: T, values: { readonly [K in keyof T]: z.output<T[K]> }) =>
  Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, field.default(values[name] as never)])) as unknown as {
    [K in keyof T]: z.ZodDefault<T[K]>;
  };

export const preprocess = z
  .strictObject({
    numeric: z.strictObject(withDefaults(numeric, defaults.numeric)).prefault({}),
    category: z.strictObject({ ...withDefaults(category, defaults.category), ...categoryMore }).prefault({}),
    datetime: z.strictObject({ parts: parts.default(["timestamp", "month", "weekday", "hour"]) }).prefault({}),
    text: z.strictObject(withDefaults(text, defaults.text)).optional().meta({
      description:
        "For text columns: TF-IDF of their most frequent terms, with the formulas of scikit-learn's TfidfVectorizer.",
    }),
    target: z
      .strictObject({
        scale: z.enum(["standard", "none"]).default("standard"),
        transform: z.enum(["log", "none"]).optional().meta({
          description:
            "log: the network learns log(1 + y), which is then scaled, for targets above -1 that range widely; predictions and scores are in the target's own units. none: the default.",
        }),
      })
      .prefault({})
      .meta({ description: "For a regression." }),
    columns: z
      .record(
        z.string(),
        z.union([
          z.strictObject(numeric).partial(),
          z.strictObject({ ...category, ...categoryMore }).partial(),
          z.strictObject({ parts }).partial(),
          z.strictObject(text).partial(),
        ]),
      )
      .default({})
      .meta({ description: "Exceptions for single columns, by name." }),
  })
  .meta({
    id: "Preprocess",
    description: "How columns become features. Fitted on the training part only, and stored with the model.",
  });

export type Preprocess = z.output<typeof preprocess>;

/** How texts become features. */
export type TextOptions = NonNullable<Preprocess["text"]>;

/** The default options of texts. */
export const DEFAULT_TEXT: TextOptions = defaults.text;

/** The names of the options of a text column. */
export const TEXT_OPTIONS = Object.keys(text);
