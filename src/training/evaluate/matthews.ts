/** Matthews' correlation of true and predicted classes. */

type Counts = ArrayLike<number>;

/**
 * Matthews' correlation of true and predicted classes, -1 to 1, from the rows of each class that are predicted to be of it,
 * that are predicted at all, and that are there (Gorodkin, "Comparing two K-category assignments by a K-category correlation
 * coefficient", 2004). 0 where all rows have one class or are given one, as in scikit-learn.
 */
export function matthewsCorrelation(hits: Counts, predicted: Counts, actual: Counts): number {
  let [rows, correct, together, spreadPredicted, spreadActual] = [0, 0, 0, 0, 0];
  for (let index = 0; index < hits.length; index++) {
    const [given, there] = [predicted[index] as number, actual[index] as number];
    rows += there;
    correct += hits[index] as number;
    together += given * there;
    spreadPredicted += given * given;
    spreadActual += there * there;
  }
  // Each root by itself: the product of both can leave the whole numbers of float64.
  const spread = Math.sqrt(rows * rows - spreadPredicted) * Math.sqrt(rows * rows - spreadActual);
  return spread > 0 ? (correct * rows - together) / spread : 0;
}
