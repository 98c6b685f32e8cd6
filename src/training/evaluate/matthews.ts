/** Matthews' correlation of true and predicted classes. */

type Counts = ArrayLike<number>;

/**
 * Matthews' correlation of true and predicted classes, -1 to 1, from the correctly predicted rows, the predicted rows and the true rows of
 * each class (Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", 2004). 0 if all rows have one class
 * or are predicted as one, as in scikit-learn.
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
  // Two separate roots, because the product of both can exceed the whole numbers of float64.
  const spread = Math.sqrt(rows * rows - spreadPredicted) * Math.sqrt(rows * rows - spreadActual);
  return spread > 0 ? (correct * rows - together) / spread : 0;
}
