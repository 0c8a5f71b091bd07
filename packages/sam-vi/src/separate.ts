import type { GradientTransform, Params, Tree } from "@lab/tensor-core";

/**
 * One transform for the mean and another for ln σ of a tree { mean, logScale }: momentum and weight decay on a scale would change the radius by themselves.
 *
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { meanField, sgd } from "@lab/tensor-core";
 * import { separate } from "@lab/sam-vi";
 * const q = meanField({ w: tensor1d([1]) }, { scale: Math.E });
 * const transform = separate({ mean: sgd(1), logScale: sgd(0.5) });
 * const [updates] = transform.update(q, transform.init(q), q);
 * [updates.mean.w, updates.logScale.w].map((x) => x.dataSync()[0]); // => [ -1, -0.5 ]
 * ```
 */
export function separate<M extends Tree, L extends Tree>(transforms: {
  readonly mean: GradientTransform<M>;
  readonly logScale: GradientTransform<L>;
}): GradientTransform<{ readonly mean: M; readonly logScale: L }> {
  const part = (posterior: Params, name: string): Params => posterior[name] as Params;
  return {
    init: (params) => ({ mean: transforms.mean.init(part(params, "mean")), logScale: transforms.logScale.init(part(params, "logScale")) }),
    update(grads, state, params) {
      const [mean, meanState] = transforms.mean.update(part(grads, "mean"), state.mean, part(params, "mean"));
      const [logScale, logScaleState] = transforms.logScale.update(part(grads, "logScale"), state.logScale, part(params, "logScale"));
      return [
        { ...grads, mean, logScale },
        { mean: meanState, logScale: logScaleState },
      ];
    },
  };
}
