import { add, minimum, mul, pow, scalar, div, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import type { Algorithm, Tree } from "@lab/tensor-core";

/** The λ that chains climb to, and the steps taken. */
export type Climb = { readonly count: Scalar; readonly top: Tensor };

/**
 * A sampler whose λ rises from 0 to its own over the first `steps` steps, λ_t = λ min(1, t/steps)^power: simulated annealing from the prior [Kirkpatrick1983].
 *
 * For warm-up from exact draws of the prior (`priorDraws`), which are at home at λ = 0: chains follow the posterior as it tightens, instead of falling into it.
 * While λ rises nothing is invariant: record no draws. Compose with `adapted` around it, so that the step size follows.
 *
 * @throws RangeError unless `steps` is a whole number of at least 1 and the power positive
 * @example
 * ```ts
 * import { fill, scalar, square, type Tensor } from "@tensorflow/tfjs-core";
 * import { key, normal, run } from "@lab/tensor-core";
 * import { adapted, annealed, frozen, hmc, lasting } from "@lab/pacbayes";
 * const sampler = hmc(({ u }: { u: Tensor }) => square(u), { trajectory: lasting(1.5) });
 * const start = { position: { u: normal(key(0), [4, 5]) }, lambda: fill([4], 8), stepSize: scalar(0.5) };
 * using warm = await run(adapted(annealed(sampler, { steps: 20 })), start, { key: key(1), steps: 30 });
 * frozen(warm.state.value).lambda.dataSync(); // => Float32Array(4) [ 8, 8, 8, 8 ]
 * ```
 */
export function annealed<Start extends Tree, State extends { readonly [name: string]: Tree } & { readonly lambda: Tensor }, Info extends Tree>(
  sampler: Algorithm<Start, State, Info>,
  { steps, power = 2 }: { readonly steps: number; readonly power?: number },
): Algorithm<Start, State & { readonly climb: Climb }, Info> {
  if (!(Number.isInteger(steps) && steps >= 1)) throw new RangeError(`Cannot anneal: steps must be a whole number of at least 1, got ${steps}`);
  if (!(power > 0 && power < Infinity)) throw new RangeError(`Cannot anneal: power must be positive and finite, got ${power}`);
  return {
    init(start) {
      const state = sampler.init(start);
      return { ...state, lambda: mul(state.lambda, 0), climb: { count: scalar(0), top: state.lambda } };
    },
    step(key, { climb, ...state }) {
      const count: Scalar = add(climb.count, 1);
      const lambda = mul(climb.top, pow(minimum(div(count, steps), 1), power));
      const [next, info] = sampler.step(key, { ...(state as unknown as State), lambda });
      return [{ ...next, climb: { count, top: climb.top } }, info];
    },
  };
}
