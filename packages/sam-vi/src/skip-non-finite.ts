import { isFinite, type Scalar } from "@tensorflow/tfjs-core";
import { norm, where, zerosLike, type GradientTransform, type Tree } from "@lab/tensor-core";

/** Whether every entry of a tree, and their norm, is finite: a bool scalar. */
function allFinite(tree: Tree): Scalar {
  return isFinite(norm(tree));
}

/**
 * The transform where all gradients are finite; no update, and a memory that stays what it was, where one is NaN or infinite.
 *
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { skipNonFinite } from "@lab/sam-vi";
 * const transform = skipNonFinite(sgd(1));
 * const params = { w: tensor1d([1, 2]) };
 * const [updates] = transform.update({ w: tensor1d([NaN, 1]) }, transform.init(params), params);
 * updates.w.dataSync(); // => Float32Array(2) [ 0, 0 ]
 * ```
 */
export function skipNonFinite<State extends Tree>(transform: GradientTransform<State>): GradientTransform<State> {
  return {
    init: (params) => transform.init(params),
    update(grads, state, params) {
      const sound = allFinite(grads);
      const [updates, next] = transform.update(grads, state, params);
      return [where(sound, updates, zerosLike(updates)), where(sound, next, state)];
    },
  };
}
