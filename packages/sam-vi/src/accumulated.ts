import { equal, mod, scalar, add as plus, type Scalar } from "@tensorflow/tfjs-core";
import { add, scale, where, zerosLike, type GradientTransform, type Params, type Tree } from "@lab/tensor-core";

export type AccumulatedState<S extends Tree> = { readonly transform: S; readonly sum: Params; readonly count: Scalar };

/**
 * The transform of the mean of `steps` gradients, once every so many steps; no update in between.
 *
 * With `perturbed` each of these steps perturbs by its own batch: m-sharpness with one chunk a step. Parts of one batch within a step are `chunks` and
 * `microBatches`.
 *
 * @throws RangeError unless steps is a whole number of at least 1
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { accumulated } from "@lab/sam-vi";
 * const transform = accumulated(sgd(1), { steps: 2 });
 * const params = { w: tensor1d([0]) };
 * const [first, state] = transform.update({ w: tensor1d([1]) }, transform.init(params), params);
 * const [second] = transform.update({ w: tensor1d([5]) }, state, params);
 * [first, second].map(({ w }) => w.dataSync()[0]); // => [ 0, -3 ]
 * ```
 */
export function accumulated<State extends Tree>(
  transform: GradientTransform<State>,
  { steps }: { readonly steps: number },
): GradientTransform<AccumulatedState<State>> {
  if (!(Number.isInteger(steps) && steps >= 1))
    throw new RangeError(`Cannot accumulate gradients: expected steps to be a whole number of at least 1, got ${steps}`);
  return {
    init: (params) => ({ transform: transform.init(params), sum: zerosLike(params), count: scalar(0) }),
    update(grads, { transform: before, sum, count: taken }, params) {
      const total = add(grads, sum);
      const count = plus(taken, 1);
      const full = equal(mod(count, steps), 0);
      const [updates, after] = transform.update(scale(1 / steps, total), before, params);
      return [
        where(full, updates, zerosLike(updates)),
        { transform: where(full, after, before), sum: where(full, zerosLike(total), total), count: where(full, scalar(0), count) },
      ];
    },
  };
}
