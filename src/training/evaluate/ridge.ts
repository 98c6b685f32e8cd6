/**
 * Ridge regression in closed form, in float64. Knows nothing of columns or of scores.
 * Hoerl and Kennard, "Ridge regression", 1970; Golub and Van Loan, "Matrix computations", 4.2 (Cholesky).
 */

/** Problems of least squares, their columns and targets around their means. */
export interface LeastSquares {
  readonly rows: number;
  readonly width: number;
  /** [rows, width] */
  readonly x: Float64Array;
  /** [rows] each: problems that share these rows. */
  readonly targets: readonly Float64Array[];
  /** [width]: the penalty of a squared coefficient, each above 0. */
  readonly penalties: Float64Array;
}

/**
 * For each target y the coefficients b that minimise |y - x b|² + sum(penalties b²): (xᵀx + diag(penalties)) b = xᵀy. About width² (rows /
 * 2 + width / 6) multiplications. The system is positive definite, because every penalty is above 0.
 */
export function solveRidge({ rows, width, x, targets, penalties }: LeastSquares): Float64Array[] {
  const gram = new Float64Array(width * width);
  const solutions = targets.map(() => new Float64Array(width));
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    for (let i = 0; i < width; i++) {
      const value = x[start + i] as number;
      const line = i * width;
      for (let j = 0; j <= i; j++) gram[line + j]! += value * (x[start + j] as number);
      solutions.forEach((solution, target) => {
        solution[i]! += value * ((targets[target] as Float64Array)[row] as number);
      });
    }
  }
  for (let i = 0; i < width; i++) gram[i * width + i]! += penalties[i] as number;
  factorise(gram, width);
  for (const solution of solutions) substitute(gram, width, solution);
  return solutions;
}

/** Replaces the lower triangle of a positive definite matrix by its Cholesky factor. */
function factorise(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j] as number;
      for (let k = 0; k < j; k++) sum -= (matrix[i * size + k] as number) * (matrix[j * size + k] as number);
      matrix[i * size + j] = i === j ? Math.sqrt(sum) : sum / (matrix[j * size + j] as number);
    }
  }
}

/** Solves L Lᵀ b = v for v in place. */
function substitute(factor: Float64Array, size: number, v: Float64Array): void {
  for (let i = 0; i < size; i++) {
    let sum = v[i] as number;
    for (let k = 0; k < i; k++) sum -= (factor[i * size + k] as number) * (v[k] as number);
    v[i] = sum / (factor[i * size + i] as number);
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = v[i] as number;
    for (let k = i + 1; k < size; k++) sum -= (factor[k * size + i] as number) * (v[k] as number);
    v[i] = sum / (factor[i * size + i] as number);
  }
}
