/** Which features of an encoded row a candidate takes: numbers as values, as bins, or both; terms of texts or none; and everything else always. */
import { binEdges, type EncodedColumn, featureNames, hasValue } from "../../domain/datasets/preprocessing.ts";

/** `values`: without the bins of numbers; `bins`: without the values of numbers that have bins; `both`: every feature. */
export type FeatureView = "values" | "bins" | "both";

/** What determines the features that are used. */
export interface Viewer {
  readonly view: FeatureView;
  /** Whether the terms of texts are among them, if there are texts. */
  readonly takesText: boolean;
}

/** The features of an encoded row, by kind. */
export interface FeatureKinds {
  readonly width: number;
  /** Whether any number is encoded in bins beside its value. */
  readonly hasBins: boolean;
  /** Whether there are terms of texts, and whether there is anything else. */
  readonly hasText: boolean;
  readonly hasOthers: boolean;
  /** [width]: for each feature, whether it is the value of a number that has bins too, one of its bins, a term of a text, or anything else. */
  readonly kinds: readonly ("value" | "bin" | "text" | "other")[];
}

/** The features of rows without preprocessing: plain values. */
export function plainFeatures(width: number): FeatureKinds {
  return { width, hasBins: false, hasText: false, hasOthers: true, kinds: new Array<"other">(width).fill("other") };
}

/** The features of the encoded columns of a data set. */
export function featureKinds(columns: readonly EncodedColumn[]): FeatureKinds {
  const kinds = columns.flatMap((column) => {
    const kind = column.kind === "text" ? "text" : "other";
    const features = featureNames(column).map((): FeatureKinds["kinds"][number] => kind);
    const { value, bins } = binsOf(column);
    if (value && bins > 0) features.fill("value", 0, 1).fill("bin", 1, 1 + bins);
    return features;
  });
  const hasOthers = kinds.some((kind) => kind !== "text");
  return { width: kinds.length, hasBins: kinds.includes("bin"), hasText: kinds.includes("text"), hasOthers, kinds };
}

/** Whether a column has its plain value among its features, and how many bins follow. */
function binsOf(column: EncodedColumn): { value: boolean; bins: number } {
  if (column.kind !== "numeric") return { value: false, bins: 0 };
  return { value: hasValue(column), bins: Math.max(0, binEdges(column).length - 1) };
}

/** Returns the features that a candidate uses, in the order of the row. */
export function featureView({ kinds }: FeatureKinds, { view, takesText }: Viewer): number[] {
  const left = view === "values" ? "bin" : view === "bins" ? "value" : null;
  return kinds.flatMap((kind, index) => (kind === left || (kind === "text" && !takesText) ? [] : [index]));
}
