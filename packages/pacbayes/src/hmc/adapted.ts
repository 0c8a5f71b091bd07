import { exp, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import type { Algorithm, Tree } from "@lab/tensor-core";
import { dualAveraging, type DualAveragingOptions, type DualAveragingState } from "./dual-averaging.ts";

/** A sampler's state with what dual averaging remembers. */
export type AdaptedState<State extends Tree> = { readonly sampler: State; readonly adaptation: DualAveragingState };

/**
 * A sampler whose step size follows its acceptances by dual averaging, for warm-up: go on with `frozen` [Hoffman2014, §3.2.1].
 *
 * While it adapts the target is not invariant: record no draws.
 *
 * @throws RangeError as `dualAveraging`
 * @example
 * ```ts
 * import { ones, scalar, square, zeros, type Tensor } from "@tensorflow/tfjs-core";
 * import { key, run } from "@lab/tensor-core";
 * import { adapted, frozen, hmc, jitteredSteps } from "@lab/pacbayes";
 * const sampler = hmc(({ u }: { u: Tensor }) => square(u), { trajectory: jitteredSteps(4) });
 * const start = { position: { u: zeros([3, 5]) }, lambda: ones([3]), stepSize: scalar(50) };
 * using warm = await run(adapted(sampler), start, { key: key(1), steps: 40 });
 * frozen(warm.state.value).stepSize.dataSync()[0] < 5; // => true
 * ```
 */
export function adapted<
  Start extends { readonly stepSize: Scalar },
  State extends { readonly [name: string]: Tree } & { readonly stepSize: Scalar },
  Info extends Tree & { readonly acceptance: Tensor },
>(sampler: Algorithm<Start, State, Info>, options: DualAveragingOptions = {}): Algorithm<Start, AdaptedState<State>, Info> {
  const { init, update } = dualAveraging(options);
  return {
    init: (start) => ({ sampler: sampler.init(start), adaptation: init(start.stepSize) }),
    step(key, { sampler: state, adaptation }) {
      const [next, info] = sampler.step(key, state);
      const learnt = update(adaptation, info.acceptance);
      return [{ sampler: { ...next, stepSize: exp(learnt.logStep) }, adaptation: learnt }, info];
    },
  };
}

/**
 * The sampler's state at the averaged step size e^{logAverage}: where sampling starts after warm-up.
 *
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { dualAveraging, frozen } from "@lab/pacbayes";
 * frozen({ sampler: { stepSize: scalar(3) }, adaptation: dualAveraging().init(scalar(0.5)) }).stepSize.dataSync()[0]; // => 0.5
 * ```
 */
export function frozen<State extends { readonly stepSize: Scalar }>({
  sampler,
  adaptation,
}: {
  readonly sampler: State;
  readonly adaptation: DualAveragingState;
}): State {
  return { ...sampler, stepSize: exp(adaptation.logAverage) };
}
