import { SingularValueDecomposition, type Matrix } from "ml-matrix";
import { centred, sameInputs, type Features } from "./features.ts";

/** How far two sets of features are from linear maps of each other, and the correlation of each pair of components, strongest covariance first. */
export type PlsSvd = { readonly distance: number; readonly correlations: readonly number[] };

/**
 * 1 − mean_i corr(X uᵢ, Y vᵢ) with U S Vᵀ = Xᵀ Y of centred features: the distance by partial least squares [Wegelin2000]; 0 for features equal up to rotation
 * and scale.
 *
 * `components` of the min(D, E) pairs count, all with a covariance above 10⁻¹² of the largest unless told. Models of nearly equal likelihood can be far apart
 * by it [Nielsen2025].
 *
 * @throws RangeError as `cka`, and unless components is a whole number from 1 to min(D, E)
 * @example
 * ```ts
 * import { plsSvd } from "@lab/nonident/representation";
 * plsSvd([[1, 0], [0, 1], [2, 2]], [[0, 3], [-3, 0], [-6, 6]]).distance.toFixed(6); // => '0.000000'
 * ```
 */
export function plsSvd(x: Features, y: Features, { components }: { readonly components?: number } = {}): PlsSvd {
  const [a, b] = sameInputs("PLS-SVD", x, y).map(centred) as [Matrix, Matrix];
  const most = Math.min(a.columns, b.columns);
  if (components !== undefined && !(Number.isInteger(components) && components >= 1 && components <= most))
    throw new RangeError(`Cannot measure by PLS-SVD: expected 1 to ${most} components, got ${components}`);
  const { leftSingularVectors, rightSingularVectors, diagonal } = new SingularValueDecomposition(a.transpose().mmul(b), { autoTranspose: true });
  if (!(diagonal[0]! > 0)) throw new RangeError("Cannot measure by PLS-SVD: expected features that vary together, got none that do");
  const count = components ?? diagonal.filter((s) => s > 1e-12 * diagonal[0]!).length;
  const correlations = Array.from({ length: count }, (_, i) => {
    const [u, v] = [a.mmul(leftSingularVectors.getColumnVector(i)), b.mmul(rightSingularVectors.getColumnVector(i))];
    return u.dot(v) / (u.norm() * v.norm());
  });
  return { distance: 1 - correlations.reduce((sum, r) => sum + r, 0) / count, correlations };
}
