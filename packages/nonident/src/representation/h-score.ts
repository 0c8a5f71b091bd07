import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from "ml-matrix";
import { centred, labelled, matrixOf, type Features } from "./features.ts";

/** Variances that are so much smaller than the largest are rounding. */
const DEPENDENT = 1e-12;

/**
 * H = tr(cov(f)⁻¹ cov(E[f | y])): how much of the features' variance, seen in their own metric, lies between the classes; from 0 to one less than the number of
 * classes, higher where transfer is easier [Bao2019].
 *
 * `shrinkage` s in [0, 1) takes (1 − s) cov(f) + s tr(cov(f))/D I for the covariance, without which that of few examples has no inverse.
 *
 * @throws RangeError unless there are at least 2 rows of finite numbers with a label each and 0 ≤ shrinkage < 1; or where the covariance has no inverse
 * @example
 * ```ts
 * import { hScore } from "@lab/nonident/representation";
 * hScore([[1], [1], [3], [3]], [0, 0, 1, 1]).toFixed(6); // => '1.000000'
 * ```
 */
export function hScore(features: Features, labels: readonly number[], { shrinkage = 0 }: { readonly shrinkage?: number } = {}): number {
  const classes = labelled("an H-score", features, labels);
  if (!(shrinkage >= 0 && shrinkage < 1)) throw new RangeError(`Cannot measure by an H-score: expected shrinkage in [0, 1), got ${shrinkage}`);
  const x = centred(matrixOf("an H-score", features));
  const means = new Map(
    classes.map((c) => {
      const rows = labels.flatMap((label, i) => (label === c ? [x.getRow(i)] : []));
      return [c, new Matrix(rows).mean("column")] as const;
    }),
  );
  const between = new Matrix(labels.map((label) => means.get(label)!));
  const covariance = (rows: Matrix): Matrix => rows.transpose().mmul(rows).div(rows.rows) as Matrix;
  const within = covariance(x);
  const level = (shrinkage * within.trace()) / within.rows;
  within.mul(1 - shrinkage);
  for (let i = 0; i < within.rows; i++) within.set(i, i, within.get(i, i) + level);
  const spread = new EigenvalueDecomposition(within, { assumeSymmetric: true }).realEigenvalues;
  if (!(Math.min(...spread) > DEPENDENT * Math.max(...spread)))
    throw new RangeError("Cannot measure by an H-score: expected features whose covariance has an inverse, got dependent ones; give some shrinkage");
  return new CholeskyDecomposition(within).solve(covariance(between)).trace();
}
