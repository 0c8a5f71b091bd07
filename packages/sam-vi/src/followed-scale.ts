import { add as plus, log, maximum, mul, onesLike, scalar, type Scalar } from "@tensorflow/tfjs-core";
import { applyUpdates, map, size, sub, type GradientTransform, type Params, type Schedule, type Tree } from "@lab/tensor-core";

/** What σ is proportional to: T(mean) ≥ 0, a tree like the mean. */
export type Relative = <P extends Params>(mean: P) => P;
/** How far σ reaches: ρ, and T(mean) where it is not the same everywhere. */
export type Reach = { readonly rho: Schedule; readonly relative?: Relative };
export type FollowedState<S extends Tree> = { readonly transform: S; readonly count: Scalar };

/** In the place of a scale of zero, which has no logarithm: so small that no weight but zero moves by it. */
const SMALLEST = 1e-30;

/** ln σ for σ = (ρ(count)/√D) T(mean). */
export function logScaleAt<P extends Params>(mean: P, count: Scalar, { rho, relative = (x) => map((leaf) => onesLike(leaf), x) }: Reach): P {
  const each = mul(rho(count), 1 / Math.sqrt(size(mean)));
  return map((t) => log(maximum(mul(t, each), SMALLEST)), relative(mean));
}

/**
 * The transform on the mean alone, after which σ = (ρ(t)/√D) T(mean): a radius that follows a schedule, a scale that follows the weights.
 *
 * Where ρ T is zero, σ is 10⁻³⁰.
 *
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { applyUpdates, linearSchedule, meanField, sgd } from "@lab/tensor-core";
 * import { followedScale } from "@lab/sam-vi";
 * const q = meanField({ w: tensor1d([1]) }, { scale: 1 });
 * const transform = followedScale(sgd(1), { rho: linearSchedule({ from: 1, to: 3, steps: 2 }) });
 * const [updates] = transform.update(q, transform.init(q), q);
 * Math.exp(applyUpdates(q, updates).logScale.w.dataSync()[0]).toFixed(3); // => '2.000'
 * ```
 */
export function followedScale<State extends Tree>(transform: GradientTransform<State>, reach: Reach): GradientTransform<FollowedState<State>> {
  return {
    init: (params) => ({ transform: transform.init(params["mean"] as Params), count: scalar(0) }),
    update(grads, { transform: before, count }, params) {
      const at = params["mean"] as Params;
      const [mean, after] = transform.update(grads["mean"] as Params, before, at);
      const next: Scalar = plus(count, 1);
      const logScale = sub(logScaleAt(applyUpdates(at, mean), next, reach), params["logScale"]! as Params);
      return [
        { ...grads, mean, logScale },
        { transform: after, count: next },
      ];
    },
  };
}
