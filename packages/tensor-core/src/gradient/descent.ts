import type { Scalar } from "@tensorflow/tfjs-core";
import type { Algorithm, Objective } from "../algorithm.ts";
import { applyUpdates, valueAndGrad } from "../autodiff.ts";
import type { Key } from "../random/key.ts";
import { norm } from "../tree/arithmetic.ts";
import type { Params, Tree } from "../tree/tree.ts";
import type { GradientTransform } from "./transform.ts";

/** The parameters, and what the transform remembers. */
export type DescentState<P extends Params, S extends Tree> = { readonly params: P; readonly transform: S };
/** The loss and ‖∇loss‖₂ of the batch before the step; scalars. */
export type DescentInfo = { readonly loss: Scalar; readonly gradNorm: Scalar };

/**
 * θ ← θ + transform(∇ objective(θ, batch)): one gradient step.
 *
 * The objective may use the step's key, as dropout does; it is then the third argument.
 *
 * @throws TypeError naming a parameter that the objective does not use
 * @example
 * ```ts
 * import { scalar, square, type Scalar } from "@tensorflow/tfjs-core";
 * import { descent, key, run, sgd } from "@lab/tensor-core";
 * const algorithm = descent(({ x }: { readonly x: Scalar }) => square(x), { transform: sgd(0.25) });
 * using result = await run(algorithm, { x: scalar(8) }, { key: key(0), steps: 3 });
 * result.state.value.params.x.dataSync()[0]; // => 1
 * ```
 */
export function descent<P extends Params, Batch, S extends Tree>(
  objective: Objective<P, Batch> | ((params: P, batch: Batch, key: Key) => Scalar),
  { transform }: { readonly transform: GradientTransform<S> },
): Algorithm<P, DescentState<P, S>, DescentInfo, Batch> {
  return {
    init: (params) => ({ params, transform: transform.init(params) }),
    step(key, state, batch) {
      const { value, grad } = valueAndGrad((params: P) => objective(params, batch, key))(state.params);
      const [updates, next] = transform.update(grad, state.transform, state.params);
      return [
        { params: applyUpdates(state.params, updates), transform: next },
        { loss: value, gradNorm: norm(grad) },
      ];
    },
  };
}
