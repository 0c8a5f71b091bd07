import { zerosLike, type GradientTransform, type MeanField, type Params, type Tree } from "@lab/tensor-core";

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
    init: (params) => transform.init((params as MeanField<Params>).mean),
    update(grads, state, params) {
      const { mean, logScale } = grads as MeanField<Params>;
      const [updates, next] = transform.update(mean, state, (params as MeanField<Params>).mean);
      return [{ mean: updates, logScale: zerosLike(logScale) }, next];
    },
  };
}
