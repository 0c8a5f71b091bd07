import type { Matrix } from "ml-matrix";
import { centred, sameInputs, type Features } from "./features.ts";

/** Σ a ⊙ b. */
function inner(a: Matrix, b: Matrix): number {
  return a.clone().mul(b).sum();
}

/**
 * CKA = ‖XᵀY‖² / (‖XᵀX‖ ‖YᵀY‖) of centred features: linear centred kernel alignment, in [0, 1], 1 for features that are equal up to rotation and scale
 * [Kornblith2019].
 *
 * `x` [N, D] and `y` [N, E] are of the same N inputs. The estimate is biased: of few inputs and many features even independent ones look alike; take
 * `unbiasedCka` there.
 *
 * @throws RangeError unless there are equally many rows, at least 2, of finite numbers; or where features do not vary
 * @example
 * ```ts
 * import { cka } from "@lab/nonident/representation";
 * cka([[1, 0], [0, 1], [2, 2]], [[0, 3], [-3, 0], [-6, 6]]).toFixed(6); // => '1.000000'
 * ```
 */
export function cka(x: Features, y: Features): number {
  const [a, b] = sameInputs("CKA", x, y).map(centred) as [Matrix, Matrix];
  const cross = a.transpose().mmul(b);
  const [left, right] = [a.transpose().mmul(a), b.transpose().mmul(b)];
  return ratio("CKA", inner(cross, cross), inner(left, left), inner(right, right));
}

/**
 * CKA with the unbiased estimator of HSIC in its three places: U(K, L) / √(U(K, K) U(L, L)) [Song2012] [Nguyen2021].
 *
 * U(K, L) = [tr K̃L̃ + 1ᵀK̃1 1ᵀL̃1 / ((N−1)(N−2)) − 2/(N−2) 1ᵀK̃L̃1] / (N (N−3)), K = X Xᵀ and K̃ without its diagonal. Around 0 for independent features; it may be
 * below 0.
 *
 * @throws RangeError as `cka`, with at least 4 rows
 * @example
 * ```ts
 * import { unbiasedCka } from "@lab/nonident/representation";
 * const x = [[1, 0], [0, 1], [2, 2], [5, 3], [1, 4]];
 * unbiasedCka(x, x.map(([a, b]) => [2 * b!, -2 * a!])).toFixed(6); // => '1.000000'
 * ```
 */
export function unbiasedCka(x: Features, y: Features): number {
  const [k, l] = sameInputs("unbiased CKA", x, y, 4).map((rows) => {
    const gram = rows.mmul(rows.transpose());
    for (let i = 0; i < gram.rows; i++) gram.set(i, i, 0);
    return gram;
  }) as [Matrix, Matrix];
  return ratio("unbiased CKA", independence(k, l), independence(k, k), independence(l, l));
}

/** The unbiased estimate of HSIC from two matrices of kernels without their diagonals. */
export function independence(k: Matrix, l: Matrix): number {
  const n = k.rows;
  const [rowsK, rowsL] = [k.sum("row"), l.sum("row")];
  const across = rowsK.reduce((total, value, i) => total + value * rowsL[i]!, 0);
  return (inner(k, l) + (k.sum() * l.sum()) / ((n - 1) * (n - 2)) - (2 / (n - 2)) * across) / (n * (n - 3));
}

function ratio(caller: string, cross: number, left: number, right: number): number {
  if (!(left > 0 && right > 0))
    throw new RangeError(`Cannot measure by ${caller}: expected features that vary, got independence of themselves ${left} and ${right}`);
  return cross / Math.sqrt(left * right);
}
