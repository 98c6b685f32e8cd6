/** Rows as training sees them: two row-major float32 matrices. Does not know where they came from. */

export interface Table {
  readonly rows: number;
  readonly featureWidth: number;
  /** 1 for classification: the class as an index. */
  readonly targetWidth: number;
  /** [rows, featureWidth] */
  readonly features: Float32Array<ArrayBuffer>;
  /** [rows, targetWidth] */
  readonly targets: Float32Array<ArrayBuffer>;
  /** [rows, targetWidth]: values of a regression as they are stored, in their own units; null if `targets` are these. */
  readonly actual: Float64Array<ArrayBuffer> | null;
  /** [rows]: the weight of each row in the loss, 1 on average; null if all are equal. */
  readonly weights: Float32Array<ArrayBuffer> | null;
}

/** Maximum values of a row that are copied one by one. */
const NARROW = 32;

/** The rows at `indices`, in that order. */
export function takeRows(table: Table, indices: ArrayLike<number>): Table {
  const fill = <Values extends Float32Array | Float64Array>(taken: Values, source: Values, width: number): Values => {
    for (let row = 0; row < indices.length; row++) {
      const start = (indices[row] as number) * width;
      // For a narrow row, creating a view takes longer than copying its values.
      if (width > NARROW) taken.set(source.subarray(start, start + width), row * width);
      else for (let at = 0; at < width; at++) taken[row * width + at] = source[start + at] as number;
    }
    return taken;
  };
  const take = (source: Float32Array<ArrayBuffer>, width: number) =>
    fill(new Float32Array(indices.length * width), source, width);
  const { actual, targetWidth } = table;
  return {
    ...table,
    rows: indices.length,
    features: take(table.features, table.featureWidth),
    targets: take(table.targets, table.targetWidth),
    actual: actual && fill(new Float64Array(indices.length * targetWidth), actual, targetWidth),
    weights: table.weights && take(table.weights, 1),
  };
}
