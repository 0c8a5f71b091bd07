import { add, mul, tile } from "@tensorflow/tfjs-core";
import { map, normalLike, ShapeError, tensors, type Key, type Params } from "@lab/tensor-core";

/** π = N(μ₀, σ₀² I); the mean is one network, as one chain: leaves [1, …]. It must not depend on the sample: a centre drawn from a fixed key does not. */
export type GaussianPrior<P extends Params> = { readonly mean: P; readonly scale: number };

/**
 * A prior π = N(μ₀, σ₀² I) [PerezOrtiz2021, §6]; the mean is one network, as one chain: leaves [1, …].
 *
 * It must not depend on the sample that the bound is evaluated on. To choose σ₀ from a grid of G values, give each δ/G.
 *
 * @throws RangeError unless σ₀ is positive and finite; ShapeError for a leaf whose first axis is not 1
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { gaussianPrior } from "@lab/pacbayes";
 * gaussianPrior({ w: zeros([1, 3]) }, { scale: 0.1 }).scale; // => 0.1
 * ```
 */
export function gaussianPrior<P extends Params>(mean: P, { scale }: { readonly scale: number }): GaussianPrior<P> {
  if (!(scale > 0 && scale < Infinity)) throw new RangeError(`Cannot form a prior: scale must be positive and finite, got ${scale}`);
  const stray = tensors(mean).find(({ shape }) => shape[0] !== 1);
  if (stray !== undefined) throw new ShapeError(`Cannot form a prior: expected leaves of shape [1, …], got [${stray.shape.join(", ")}]`);
  return { mean, scale };
}

/**
 * w = μ₀ + σ₀ u: parameters from whitened coordinates, in which the prior is N(0, I). Leaves of u are [chain, …].
 *
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { gaussianPrior, unwhitened } from "@lab/pacbayes";
 * const prior = gaussianPrior({ w: tensor2d([[1, 2]]) }, { scale: 0.5 });
 * unwhitened(prior, { w: tensor2d([[0, 0], [2, 4]]) }).w.dataSync(); // => Float32Array(4) [ 1, 2, 2, 4 ]
 * ```
 */
export function unwhitened<P extends Params>({ mean, scale }: GaussianPrior<P>, whitened: P): P {
  return map((u, centre) => add(mul(u, scale), centre), whitened, mean);
}

/**
 * Exact, independent draws from the prior in whitened coordinates, u ~ N(0, I): leaves [chain, …]. Where a ladder starts, at λ = 0.
 *
 * @throws RangeError unless `chains` is a whole number of at least 1
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { gaussianPrior, priorDraws } from "@lab/pacbayes";
 * priorDraws(key(1), gaussianPrior({ w: zeros([1, 3]) }, { scale: 1 }), { chains: 4 }).w.shape; // => [ 4, 3 ]
 * ```
 */
export function priorDraws<P extends Params>(key: Key, { mean }: GaussianPrior<P>, { chains }: { readonly chains: number }): P {
  if (!(Number.isInteger(chains) && chains >= 1)) throw new RangeError(`Cannot draw from a prior: chains must be a whole number of at least 1, got ${chains}`);
  return normalLike(
    key,
    map((centre) => tile(centre, [chains, ...centre.shape.slice(1).map(() => 1)]), mean),
  );
}
