import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { labelled, matrixOf, type Features } from "./features.ts";

/** Features with their labels. */
export type Examples = { readonly features: Features; readonly labels: readonly number[] };
/** Shares of right answers on what was fitted and on what was held out. */
export type LinearProbe = { readonly accuracy: number; readonly fitted: number; readonly correct: number; readonly count: number };

/**
 * The accuracy of argmax_c (W x + b)_c on held-out features, with W, b the ridge regression on ±1 of each class against the rest [Alain2017].
 *
 * min Σ (yᵢ − W xᵢ − b)² + ridge ‖W‖², features scaled to unit variance on the fitted examples; b is not penalised.
 *
 * @throws RangeError unless all features are finite and of one width, with a label each, at least two classes fitted and ridge > 0
 * @example
 * ```ts
 * import { linearProbe } from "@lab/nonident/representation";
 * const fitted = { features: [[0, 1], [1, 1], [4, 0], [5, 1]], labels: [0, 0, 1, 1] };
 * linearProbe(fitted, { features: [[0.5, 0], [4.5, 1]], labels: [0, 1] }).accuracy; // => 1
 * ```
 */
export function linearProbe(fitted: Examples, heldOut: Examples, { ridge = 1e-3 }: { readonly ridge?: number } = {}): LinearProbe {
  const classes = labelled("a linear probe", fitted.features, fitted.labels);
  labelled("a linear probe", heldOut.features, heldOut.labels);
  if (classes.length < 2) throw new RangeError(`Cannot measure by a linear probe: expected at least two classes, got ${classes.join(", ")}`);
  if (!(ridge > 0 && ridge < Infinity)) throw new RangeError(`Cannot measure by a linear probe: expected ridge > 0, got ${ridge}`);
  const x = matrixOf("a linear probe", fitted.features);
  const test = matrixOf("a linear probe", heldOut.features, 1);
  if (test.columns !== x.columns) throw new RangeError(`Cannot measure by a linear probe: expected held-out rows of ${x.columns} numbers, got ${test.columns}`);
  const means = x.mean("column");
  const scales = x.standardDeviation("column").map((s) => (s > 0 ? 1 / s : 0));
  const scaled = (rows: Matrix): Matrix => {
    const moved = rows.clone().subRowVector(means) as Matrix;
    return moved.mulRowVector(scales) as Matrix;
  };
  const a = scaled(x);
  const targets = new Matrix(fitted.labels.map((label) => classes.map((c) => (c === label ? 1 : -1))));
  const offsets = targets.mean("column");
  const gram = a.transpose().mmul(a);
  for (let i = 0; i < gram.rows; i++) gram.set(i, i, gram.get(i, i) + ridge);
  const weights = new CholeskyDecomposition(gram).solve(a.transpose().mmul(targets.clone().subRowVector(offsets) as Matrix));
  const right = (rows: Matrix, labels: readonly number[]): number => {
    const scores = scaled(rows).mmul(weights).addRowVector(offsets) as Matrix;
    return labels.filter((label, i) => classes[scores.maxRowIndex(i)[1]!] === label).length;
  };
  const correct = right(test, heldOut.labels);
  return { accuracy: correct / test.rows, fitted: right(x, fitted.labels) / x.rows, correct, count: test.rows };
}
