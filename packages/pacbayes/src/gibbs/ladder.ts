/**
 * λᵢ = λ_K (i/K)^c, i = 0 … K: a ladder of inverse temperatures with power-law spacing, dense where the energy falls fastest [Friel2008, §3.2].
 *
 * `rungs` is K, the number of intervals. For a Gibbs posterior λ counts per example, and bounds are least at a λ of order 1.
 *
 * @throws RangeError unless K is a whole number of at least 1, and λ_K and c are positive and finite
 * @example
 * ```ts
 * import { ladder } from "@lab/pacbayes";
 * ladder({ top: 2, rungs: 4, power: 2 }); // => [ 0, 0.125, 0.5, 1.125, 2 ]
 * ```
 */
export function ladder({ top, rungs, power = 5 }: { readonly top: number; readonly rungs: number; readonly power?: number }): readonly number[] {
  if (!(Number.isInteger(rungs) && rungs >= 1)) throw new RangeError(`Cannot place a ladder: rungs must be a whole number of at least 1, got ${rungs}`);
  for (const [name, value] of Object.entries({ top, power }))
    if (!(value > 0 && value < Infinity)) throw new RangeError(`Cannot place a ladder: ${name} must be positive and finite, got ${value}`);
  return Array.from({ length: rungs + 1 }, (_, i) => top * (i / rungs) ** power);
}

/**
 * The same ladder, checked: 0 = λ₀ < … < λ_K.
 *
 * @throws RangeError if it is empty, does not start at 0 or does not increase strictly
 * @example
 * ```ts
 * import { checkedLadder } from "@lab/pacbayes";
 * checkedLadder([0, 0.1, 1]).length; // => 3
 * ```
 */
export function checkedLadder(lambdas: readonly number[]): readonly number[] {
  if (lambdas[0] !== 0) throw new RangeError(`Cannot climb a ladder: expected its first lambda to be 0, got ${lambdas[0] ?? "an empty ladder"}`);
  const fall = lambdas.findIndex((lambda, i) => i > 0 && !(lambda > lambdas[i - 1]! && lambda < Infinity));
  if (fall >= 0) throw new RangeError(`Cannot climb a ladder: expected lambda to increase, got ${lambdas[fall]} after ${lambdas[fall - 1]}`);
  return lambdas;
}
