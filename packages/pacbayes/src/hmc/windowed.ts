import { add, any, div, equal, exp, greaterEqual, less, logicalAnd, mean, mul, scalar, square, sub, sum, tensor1d } from "@tensorflow/tfjs-core";
import { onesLike, slice, type Scalar } from "@tensorflow/tfjs-core";
import { map, split, termsAndGrad, where as chosen, zerosLike as zeroTree, type Algorithm, type Params } from "@lab/tensor-core";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { chainCount, sharedAcceptance } from "./chain-sums.ts";
import { dualAveraging, type DualAveragingState } from "./dual-averaging.ts";
import { rotation } from "./flow.ts";
import type { HmcInfo, HmcOptions, HmcStart, HmcState } from "./hmc.ts";
import { leapfrog } from "./integrator.ts";
import { diagonal } from "./metric.ts";
import { begun, transition } from "./transition.ts";
import { windows } from "./windows.ts";

/** Welford's running count, mean and sum of squares, leaves [1, …]: over all chains and the steps of a window. */
type Moments<P extends Params> = { readonly count: Scalar; readonly mean: P; readonly squares: P };

export type WindowedState<P extends Params> = {
  readonly sampler: HmcState<P>;
  readonly adaptation: DualAveragingState;
  /** The metric's diagonal, leaves [1, …]. */
  readonly variance: P;
  readonly moments: Moments<P>;
  readonly taken: Scalar;
};

export type WindowedOptions<P extends Params> = Omit<HmcOptions<P>, "metric"> & {
  /** How long the warm-up is going to be; the windows are laid out over it. */
  readonly steps: number;
  readonly target?: number;
  /** No step is larger. */
  readonly mostStep?: number;
};

/**
 * Warm-up of Hamiltonian Monte Carlo that learns a diagonal metric beside the step size: in windows of 25, 50, 100, … steps D becomes the variance of each
 * coordinate over chains and steps, (n v + 5 · 10⁻³)/(n + 5), and dual averaging begins anew [Stan2024; Hoffman2014, §3.2].
 *
 * All chains share the metric, and must sample one λ. While it adapts the target is not invariant: record no draws, go on with `hmc` at `frozenWindows`.
 *
 * @throws RangeError as `dualAveraging`, or unless `steps` is a whole number of at least 20; ShapeError as `hmc`
 * @example
 * ```ts
 * import { ones, scalar, square, type Tensor } from "@tensorflow/tfjs-core";
 * import { key, normal, own, run } from "@lab/tensor-core";
 * import { diagonal, frozenWindows, hmc, jitteredSteps, windowed } from "@lab/pacbayes";
 * const energy = ({ u }: { u: Tensor }): Tensor => square(u);
 * const trajectory = jitteredSteps(4);
 * const start = { position: { u: normal(key(0), [4, 5]) }, lambda: ones([4]), stepSize: scalar(0.1) };
 * using warm = await run(windowed(energy, { trajectory, steps: 30 }), start, { key: key(1), steps: 30 });
 * using ready = own(() => frozenWindows(warm.state.value));
 * const sampler = hmc(energy, { trajectory, metric: diagonal(ready.value.variance) });
 * using draws = await run(sampler, ready.value.start, { key: key(2), steps: 10, record: (_, { likelihood }) => ({ likelihood }) });
 * ready.value.variance.u.shape; // => [ 1, 5 ]
 * ```
 */
export function windowed<P extends Params>(
  energy: Energy<P>,
  { steps, trajectory, integrator = leapfrog, flow = rotation, divergence = 1000, target = 0.8, mostStep = Infinity }: WindowedOptions<P>,
): Algorithm<HmcStart<P>, WindowedState<P>, HmcInfo> {
  const { first, ends } = windows(steps);
  const stepSizes = dualAveraging({ target, most: mostStep });
  const evaluate = termsAndGrad(energy);

  return {
    init(start) {
      const state = begun("windowed", start, { evaluate });
      const row = map((x) => slice(x, 0, 1), start.position);
      return {
        sampler: state,
        adaptation: stepSizes.init(state.stepSize),
        variance: map((x) => onesLike(x), row),
        moments: { count: scalar(0), mean: zeroTree(row), squares: zeroTree(row) },
        taken: scalar(0),
      };
    },
    step(key, { sampler: state, adaptation, variance, moments, taken }) {
      const [momentumKey, trajectoryKey, acceptKey] = split(key, 3) as [typeof key, typeof key, typeof key];
      const dynamics = { evaluate, integrator, flow, metric: diagonal(variance) };
      const length = trajectory(trajectoryKey, state.stepSize);
      const { next, info } = transition(dynamics, state, { keys: [momentumKey, acceptKey], steps: length, divergence });
      const count: Scalar = add(taken, 1);

      const inside = logicalAnd(greaterEqual(taken, first), less(taken, ends.at(-1)!));
      const seen = chosen(inside, observed(moments, next.position), moments);
      const ending = any(equal(count, tensor1d([...ends])));
      const learnt = stepSizes.update(adaptation, sharedAcceptance(state, info.acceptance));
      const kept = chosen(ending, shrunk(seen), variance);
      const restarted = chosen(ending, stepSizes.init(exp(learnt.logAverage)), learnt);
      const after = { sampler: { ...next, stepSize: exp(restarted.logStep) }, adaptation: restarted, variance: kept };
      return [
        { ...after, moments: chosen(ending, zeroTree(seen), seen), taken: count },
        { ...info, steps: typeof length === "number" ? scalar(length, "int32") : length },
      ];
    },
  };
}

/**
 * Where sampling starts after `windowed`: the chains at their averaged step size, and the diagonal of the metric, leaves [1, …].
 *
 * @example
 * ```ts
 * import { ones, scalar, square, zeros, type Tensor } from "@tensorflow/tfjs-core";
 * import { fixedSteps, frozenWindows, windowed } from "@lab/pacbayes";
 * const warmup = windowed(({ u }: { u: Tensor }) => square(u), { trajectory: fixedSteps(2), steps: 20 });
 * const { variance } = frozenWindows(warmup.init({ position: { u: zeros([2, 3]) }, lambda: ones([2]), stepSize: scalar(0.5) }));
 * variance.u.dataSync(); // => Float32Array(3) [ 1, 1, 1 ]
 * ```
 */
export function frozenWindows<P extends Params>({ sampler, adaptation, variance }: WindowedState<P>): { readonly start: HmcStart<P>; readonly variance: P } {
  const { position, lambda } = sampler;
  return { start: { position, lambda, stepSize: exp(adaptation.logAverage) }, variance };
}

/** The moments with one more position of every chain among them. */
function observed<P extends Params>({ count, mean: centre, squares }: Moments<P>, position: P): Moments<P> {
  const chains = chainCount("windowed", position);
  const total: Scalar = add(count, chains);
  const means = map((x) => mean(x, 0, true), position);
  const within = map((x, m) => sum(square(sub(x, m)), 0, true), position, means);
  const shift = map((m, c) => sub(m, c), means, centre);
  return {
    count: total,
    mean: map((c, s) => add(c, mul(s, div(chains, total))), centre, shift),
    squares: map((q, w, s) => add(add(q, w), mul(square(s), div(mul(count, chains), total))), squares, within, shift),
  };
}

/** (n v + 5 · 10⁻³)/(n + 5), v the variance of n positions. */
function shrunk<P extends Params>({ count, squares }: Moments<P>): P {
  return map((q) => div(add(mul(div(q, sub(count, 1)), count), 5e-3), add(count, 5)), squares);
}
