import type { Params, Tree } from "../tree/tree.ts";

/**
 * A pair of pure functions from gradients to updates; compose with `chain`.
 *
 * `updates` has the structure of `params`. The last transform of a chain turns the sign: what comes out is added to the parameters.
 */
export interface GradientTransform<State extends Tree = Tree> {
  init(params: Params): State;
  update<P extends Params>(updates: P, state: State, params: P): readonly [P, State];
}

/**
 * (tₙ ∘ … ∘ t₁)(g): each transform works on what the one before it gave.
 *
 * The state is the list of their states. Of no transforms it is the identity.
 *
 * @throws what its transforms throw
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { chain, clipByNorm, scaleByLearningRate } from "@lab/tensor-core";
 * const transform = chain(clipByNorm(1), scaleByLearningRate(0.5));
 * const params = { x: tensor1d([0, 0]) };
 * const [updates] = transform.update({ x: tensor1d([0, 4]) }, transform.init(params), params);
 * updates.x.dataSync(); // => Float32Array(2) [ -0, -0.5 ]
 * ```
 */
export function chain<const States extends readonly Tree[]>(
  ...transforms: { readonly [I in keyof States]: GradientTransform<States[I]> }
): GradientTransform<States> {
  const all: readonly GradientTransform[] = transforms;
  return {
    init: (params) => all.map((transform) => transform.init(params)) as unknown as States,
    update(updates, states, params) {
      let current = updates;
      const next = all.map((transform, i) => {
        const [out, state] = transform.update(current, states[i], params);
        current = out;
        return state;
      });
      return [current, next as unknown as States];
    },
  };
}
