import { exp, type Tensor } from "@tensorflow/tfjs-core";
import type { Algorithm, Tree } from "@lab/tensor-core";
import { sharedAcceptance } from "./chain-sums.ts";
import { dualAveraging, type DualAveragingOptions, type DualAveragingState } from "./dual-averaging.ts";

/** A sampler's state with what dual averaging remembers. */
export type AdaptedState<State extends Tree> = { readonly sampler: State; readonly adaptation: DualAveragingState };

/**
 * A sampler whose step size follows its acceptances by dual averaging, for warm-up: go on with `frozen` [Hoffman2014, §3.2.1].
 *
 * A step size [chain] adapts to the mean acceptance of the chains that share a λ: each rung of a ladder finds its own. While it adapts the target is not invariant: record no draws.
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
  Start extends Tree,
  State extends { readonly [name: string]: Tree } & { readonly lambda: Tensor; readonly stepSize: Tensor },
  Info extends Tree & { readonly acceptance: Tensor },
>(sampler: Algorithm<Start, State, Info>, options: DualAveragingOptions = {}): Algorithm<Start, AdaptedState<State>, Info> {
  const { init, update } = dualAveraging(options);
  return {
    init(start) {
      const state = sampler.init(start);
      return { sampler: state, adaptation: init(state.stepSize) };
    },
    step(key, { sampler: state, adaptation }) {
      const [next, info] = sampler.step(key, state);
      const learnt = update(adaptation, sharedAcceptance(state, info.acceptance));
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
export function frozen<State extends { readonly stepSize: Tensor }>({
  sampler,
  adaptation,
}: {
  readonly sampler: State;
  readonly adaptation: DualAveragingState;
}): State {
  return { ...sampler, stepSize: exp(adaptation.logAverage) };
}
