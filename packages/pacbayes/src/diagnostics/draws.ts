import type { HostArray } from "@lab/tensor-core";

/** Draws of one scalar, [chain][draw]: chains of equal length, at least four draws each. */
export type Draws = readonly ArrayLike<number>[];

/**
 * The chains of a recorded column [draw, chain], as [chain][draw] in float64.
 *
 * Diagnose identifiable scalars, such as n r̂ or a predicted probability: the weights of a network may be permuted, and R̂ on them means nothing.
 *
 * @throws RangeError unless the array has two axes
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { chains } from "@lab/pacbayes";
 * chains(ndarray(new Float32Array([1, 2, 3, 4, 5, 6]), [3, 2])); // => [ Float64Array(3) [ 1, 3, 5 ], Float64Array(3) [ 2, 4, 6 ] ]
 * ```
 */
export function chains(column: HostArray): readonly Float64Array[] {
  const [draws, count] = column.shape;
  if (column.shape.length !== 2) throw new RangeError(`Cannot read chains: expected an array [draw, chain], got one of shape [${column.shape.join(", ")}]`);
  return Array.from({ length: count! }, (_, chain) => Float64Array.from({ length: draws! }, (_, draw) => column.get(draw, chain)));
}

/** The same draws, checked; undefined where they hold NaN or an infinity, for which every diagnostic is NaN. */
export function finiteDraws(caller: string, draws: Draws): readonly Float64Array[] | undefined {
  const length = draws[0]?.length ?? 0;
  if (length < 4) throw new RangeError(`Cannot apply ${caller}: expected chains of at least 4 draws, got ${draws.length} of ${length}`);
  const ragged = draws.find((chain) => chain.length !== length);
  if (ragged !== undefined) throw new RangeError(`Cannot apply ${caller}: expected chains of equal length, got ${length} and ${ragged.length} draws`);
  const copies = draws.map((chain) => Float64Array.from(chain));
  return copies.every((chain) => chain.every(Number.isFinite)) ? copies : undefined;
}

/** The first and the last half of each chain; the middle draw of an odd number is left out. */
export function halves(draws: readonly Float64Array[]): readonly Float64Array[] {
  const half = Math.floor(draws[0]!.length / 2);
  return [...draws.map((chain) => chain.subarray(0, half)), ...draws.map((chain) => chain.subarray(chain.length - half))];
}

/** Arithmetic mean. */
export function mean(xs: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < xs.length; i++) sum += xs[i]!;
  return sum / xs.length;
}

/** Σ (x − x̄)² / (N − 1). */
export function variance(xs: ArrayLike<number>): number {
  const centre = mean(xs);
  let sum = 0;
  for (let i = 0; i < xs.length; i++) sum += (xs[i]! - centre) ** 2;
  return sum / (xs.length - 1);
}

/** All draws of all chains, ascending. */
export function pooled(draws: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(draws.length * draws[0]!.length);
  draws.forEach((chain, i) => all.set(chain, i * chain.length));
  return all.sort();
}

/** The p-quantile of ascending numbers, linear between order statistics (type 7). */
export function quantile(sorted: Float64Array, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.min(Math.floor(at), sorted.length - 2);
  return sorted[below]! + (at - below) * (sorted[below + 1]! - sorted[below]!);
}
