import {
  add as plus,
  concat,
  div,
  equal,
  exp,
  greaterEqual,
  log,
  logicalAnd,
  matMul,
  maximum,
  minimum,
  mod,
  mul,
  reshape,
  rsqrt,
  scalar,
  slice,
  sub,
  zeros,
  type Scalar,
} from "@tensorflow/tfjs-core";
import {
  add,
  map,
  normal,
  normalLike,
  scale,
  split,
  tensors,
  where,
  zerosLike,
  type Algorithm,
  type Key,
  type MeanField,
  type Params,
  type Tree,
} from "@lab/tensor-core";

export type SwagOptions<P extends Params, S extends Tree> = {
  /** The parameters within the state of the algorithm. */
  readonly params: (state: S) => P;
  /** Steps between two iterates that are taken in: an epoch. */
  readonly every: number;
  /** Steps before the first one. */
  readonly start?: number;
  /** K: how many of the last deviations from the mean are kept for the covariance; 0 is SWAG-diagonal. */
  readonly rank?: number;
};
/** The mean of the iterates, the sum of their squared deviations from it, the last deviations [rank, …] and how many iterates were taken in. */
export type SwagMoments<P extends Params> = { readonly mean: P; readonly squares: P; readonly deviations: P; readonly taken: Scalar };
export type SwagState<P extends Params, S extends Tree> = { readonly inner: S; readonly moments: SwagMoments<P>; readonly count: Scalar };

/**
 * The moments of an algorithm's iterates, one taken in every so many steps: stochastic weight averaging – Gaussian, SWAG [Maddox2019, Algorithm 1].
 *
 * Around any algorithm; its own steps stay what they are, and its `info` too. The sum of squares is taken about the running mean, which loses no digits where the mean
 * of squares minus the squared mean would. Before the first iterate is taken in the moments are zero.
 *
 * @throws RangeError unless every is a whole number of at least 1, and start and rank whole numbers of at least 0
 * @example
 * ```ts
 * import { square, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { key, run, sgd } from "@lab/tensor-core";
 * import { sam, swag } from "@lab/sam-vi";
 * const loss = ({ w }: { readonly w: Tensor1D }): Scalar => sum(square(w));
 * const algorithm = swag(sam(loss, { transform: sgd(0.1) }), { params: ({ posterior }) => posterior.mean, every: 10, rank: 2 });
 * using result = await run(algorithm, { w: tensor1d([3, 4]) }, { key: key(0), steps: 50 });
 * result.state.value.moments.taken.dataSync()[0]; // => 5
 * ```
 */
export function swag<Position, S extends Tree, Info extends Tree, Batch, P extends Params>(
  { init, step }: Algorithm<Position, S, Info, Batch>,
  { params, every, start = 0, rank = 20 }: SwagOptions<P, S>,
): Algorithm<Position, SwagState<P, S>, Info, Batch> {
  const whole = (name: string, value: number, least: number): void => {
    if (!(Number.isInteger(value) && value >= least))
      throw new RangeError(`Cannot average weights: expected ${name} to be a whole number of at least ${least}, got ${value}`);
  };
  whole("every", every, 1);
  whole("start", start, 0);
  whole("rank", rank, 0);
  return {
    init(position) {
      const inner = init(position);
      const at = params(inner);
      const moments = { mean: zerosLike(at), squares: zerosLike(at), deviations: map((x) => zeros([rank, ...x.shape]), at), taken: scalar(0) };
      return { inner, moments, count: scalar(0) };
    },
    step(key, { inner: before, moments, count: stepped }, batch) {
      const [inner, info] = step(key, before, batch);
      const count: Scalar = plus(stepped, 1);
      const due = logicalAnd(greaterEqual(count, start + 1), equal(mod(sub(count, start), every), 0));
      const { deviations, ...others } = withIterate(moments, params(inner));
      // Nothing can be chosen from tensors without elements.
      const kept = rank === 0 ? moments.deviations : where(due, deviations, moments.deviations);
      return [{ inner, moments: { ...moments, ...where(due, others, moments), deviations: kept }, count }, info];
    },
  };
}

function withIterate<P extends Params>({ mean: before, squares, deviations, taken: seen }: SwagMoments<P>, at: P): SwagMoments<P> {
  const taken: Scalar = plus(seen, 1);
  const mean = map((m, x) => plus(m, div(sub(x, m), taken)), before, at);
  return {
    mean,
    squares: map((s, x, m, old) => plus(s, mul(sub(x, old), sub(x, m))), squares, at, mean, before),
    deviations: map(
      (d, x, m) => (d.shape[0] === 0 ? d : concat([slice(d, [1, ...x.shape.map(() => 0)]), reshape(sub(x, m), [1, ...x.shape])])),
      deviations,
      at,
      mean,
    ),
    taken,
  };
}

/**
 * N(θ̄, diag max(Σ (θᵢ − θ̄)²/T, 10⁻³⁰)): SWAG-diagonal [Maddox2019, section 3.2].
 *
 * @example
 * ```ts
 * import { scalar, tensor1d, zeros } from "@tensorflow/tfjs-core";
 * import { swagDiagonal } from "@lab/sam-vi";
 * const moments = { mean: { w: tensor1d([1]) }, squares: { w: tensor1d([8]) }, deviations: { w: zeros([0, 1]) }, taken: scalar(2) };
 * Math.exp(swagDiagonal(moments).logScale.w.dataSync()[0]).toFixed(3); // => '2.000'
 * ```
 */
export function swagDiagonal<P extends Params>({ mean, squares, taken }: SwagMoments<P>): MeanField<P> {
  return { mean, logScale: map((s) => mul(log(maximum(div(s, maximum(taken, 1)), 1e-30)), 0.5), squares) };
}

/**
 * θ̄ + √c (σ ⊙ z + Dᵀz′/√(K − 1)), D the last K deviations: a draw from SWAG, c = ½ [Maddox2019, Equation 1].
 *
 * Before K iterates were taken in, K is their number.
 *
 * @throws RangeError unless scale is finite and not negative
 * @example
 * ```ts
 * import { scalar, tensor } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { swagDraw } from "@lab/sam-vi";
 * const moments = { mean: { w: tensor([1]) }, squares: { w: tensor([8]) }, deviations: { w: tensor([[1], [2]]) }, taken: scalar(2) };
 * swagDraw(key(0), moments, { scale: 0 }).w.dataSync(); // => Float32Array(1) [ 1 ]
 * ```
 */
export function swagDraw<P extends Params>(key: Key, moments: SwagMoments<P>, { scale: spread = 0.5 }: { readonly scale?: number } = {}): P {
  if (!(spread >= 0 && spread < Infinity)) throw new RangeError(`Cannot draw from SWAG: expected a scale in [0, ∞), got ${spread}`);
  const { mean, logScale } = swagDiagonal(moments);
  const [ofDiagonal, ofRank] = split(key);
  const diagonal = map((l, z) => mul(exp(l), z), logScale, normalLike(ofDiagonal, mean));
  const rank = tensors(moments.deviations)[0]?.shape[0] ?? 0;
  if (rank === 0) return add(mean, scale(Math.sqrt(spread), diagonal));
  const among = mul(normal(ofRank, [1, rank]), rsqrt(maximum(sub(minimum(moments.taken, rank), 1), 1)));
  const lowRank = map((m, d) => reshape(matMul(among, reshape(d, [rank, m.size])), m.shape), mean, moments.deviations);
  return add(mean, scale(Math.sqrt(spread), add(diagonal, lowRank)));
}
