import { SingularValueDecomposition, type Matrix } from "ml-matrix";
import { labelled, matrixOf, type Features } from "./features.ts";

/** Rounds of the fixed point, and the change of α/β below which it has come to rest. */
const ROUNDS = 11;
const REST = 1e-3;
/** Keeps α and β finite where the fit or the weights vanish. */
const LEAST = 1e-5;

/**
 * LogME = mean_c max_{α,β} ln p(y_c | F) / N, p(y | F) = ∫ N(y; F w, β⁻¹) N(w; 0, α⁻¹) dw: the evidence of linear regression on each class against the rest, nats
 * per example, higher where transfer is easier [You2021].
 *
 * (D/2) ln α + (N/2) ln β − ½ Σᵢ ln(α + β σᵢ) − (β/2) ‖Fm − y‖² − (α/2) ‖m‖² − (N/2) ln 2π over all D eigenvalues σᵢ of FᵀF, zeros included; α and β by at most 11
 * rounds of their fixed point.
 *
 * @throws RangeError unless there are at least 2 rows of finite numbers with a label each
 * @example
 * ```ts
 * import { logMe } from "@lab/nonident/representation";
 * const labels = [0, 0, 1, 1];
 * const [apart, mixed] = [[[1, 0], [1, 0.1], [0, 1], [0, 0.9]], [[1, 0], [0, 1], [1, 0.1], [0, 0.9]]].map((features) => logMe(features, labels));
 * apart! > mixed!; // => true
 * ```
 */
export function logMe(features: Features, labels: readonly number[]): number {
  const classes = labelled("LogME", features, labels);
  const f = matrixOf("LogME", features);
  const svd = new SingularValueDecomposition(f, { autoTranspose: true });
  const evidences = classes.map((c) => {
    const y = labels.map((label) => Number(label === c));
    const { alpha, beta } = fixedPoint(f, svd, y);
    return logEvidence(f, svd, { y, alpha, beta }) / f.rows;
  });
  return evidences.reduce((sum, e) => sum + e, 0) / classes.length;
}

/** What of y the singular directions hold: (uᵢᵀ y)². */
function held({ leftSingularVectors: u }: SingularValueDecomposition, y: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, i) => y.reduce((sum, value, n) => sum + u.get(n, i) * value, 0) ** 2);
}

/** ‖m‖² and ‖Fm − y‖² at the posterior mean m of the weights. */
function fit(f: Matrix, svd: SingularValueDecomposition, { y, alpha, beta }: Weighing): { weights: number; residual: number; eigenvalues: number[] } {
  const eigenvalues = svd.diagonal.map((s) => s * s);
  const shares = held(svd, y, eigenvalues.length);
  const ratio = alpha / beta;
  const total = y.reduce((sum, value) => sum + value * value, 0);
  const outside = Math.max(0, total - shares.reduce((sum, s) => sum + s, 0));
  const weights = shares.reduce((sum, s, i) => sum + (eigenvalues[i]! * s) / (eigenvalues[i]! + ratio) ** 2, 0);
  const residual = outside + shares.reduce((sum, s, i) => sum + s * (ratio / (eigenvalues[i]! + ratio)) ** 2, 0);
  return { weights, residual, eigenvalues: [...eigenvalues, ...Array<number>(Math.max(0, f.columns - eigenvalues.length)).fill(0)] };
}

type Weighing = { readonly y: readonly number[]; readonly alpha: number; readonly beta: number };

/** α = γ/‖m‖², β = (N − γ)/‖Fm − y‖², γ = Σ σᵢ/(σᵢ + α/β). */
function fixedPoint(f: Matrix, svd: SingularValueDecomposition, y: readonly number[]): { alpha: number; beta: number } {
  let [alpha, beta] = [1, 1];
  for (let round = 0; round < ROUNDS; round++) {
    const { weights, residual, eigenvalues } = fit(f, svd, { y, alpha, beta });
    const before = alpha / beta;
    const gamma = eigenvalues.reduce((sum, s) => sum + s / (s + before), 0);
    alpha = gamma / (weights + LEAST);
    beta = (f.rows - gamma) / (residual + LEAST);
    if (Math.abs(alpha / beta - before) / before <= REST) break;
  }
  return { alpha, beta };
}

/** ln ∫ N(y; F w, β⁻¹ I) N(w; 0, α⁻¹ I) dw. */
export function logEvidence(f: Matrix, svd: SingularValueDecomposition, weighing: Weighing): number {
  const { weights, residual, eigenvalues } = fit(f, svd, weighing);
  const { alpha, beta } = weighing;
  const determinant = eigenvalues.reduce((sum, s) => sum + Math.log(alpha + beta * s), 0);
  return (
    (f.columns / 2) * Math.log(alpha) +
    (f.rows / 2) * Math.log(beta) -
    determinant / 2 -
    (beta / 2) * residual -
    (alpha / 2) * weights -
    (f.rows / 2) * Math.log(2 * Math.PI)
  );
}
