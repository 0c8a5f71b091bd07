import { zerosLike, type GradientTransform, type Params, type Tree } from "@lab/tensor-core";

/**
 * The transform on the mean alone: the scale of a mean-field Gaussian stays what it is. So weight decay and momentum meet the mean only, and the radius does not drift.
 *
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { meanField, sgd } from "@lab/tensor-core";
 * import { fixedScale } from "@lab/sam-vi";
 * const q = meanField({ w: tensor1d([1, 2]) }, { scale: 0.5 });
 * const transform = fixedScale(sgd(1));
 * const [updates] = transform.update(q, transform.init(q), q);
 * [updates.mean.w, updates.logScale.w].map((x) => [...x.dataSync()]); // => [ [ -1, -2 ], [ 0, 0 ] ]
 * ```
 */
export function fixedScale<State extends Tree>(transform: GradientTransform<State>): GradientTransform<State> {
  return {
    init: (params) => transform.init(meanOf(params)),
    update(grads, state, params) {
      const [mean, next] = transform.update(meanOf(grads), state, meanOf(params));
      return [{ ...grads, mean, logScale: zerosLike(grads["logScale"]!) }, next];
    },
  };
}

/** The mean of a tree { mean, logScale }. */
function meanOf(posterior: Params): Params {
  return posterior["mean"] as Params;
}
