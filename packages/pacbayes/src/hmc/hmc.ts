import { scalar, type Tensor } from "@tensorflow/tfjs-core";
import { split, termsAndGrad, type Algorithm, type Params } from "@lab/tensor-core";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { rotation, type Flow } from "./flow.ts";
import { leapfrog, type Integrator } from "./integrator.ts";
import { identity, metricAt, type MetricAt } from "./metric.ts";
import { begun, transition } from "./transition.ts";
import type { Trajectory } from "./trajectory.ts";

/** Where chains start: whitened positions [chain, …], an inverse temperature for each chain [chain], a step size for all or each [chain]. */
export type HmcStart<P extends Params> = { readonly position: P; readonly lambda: Tensor; readonly stepSize: Tensor };

/** Where the chains are, with the terms of U [chain, term] and its gradient there, which do not depend on λ. */
export type HmcState<P extends Params> = HmcStart<P> & { readonly terms: Tensor; readonly grad: P };

/** What the step did, [chain] each; nats. */
export type HmcInfo = {
  /** U = n r̂ at the new position: the energy of the likelihood. */
  readonly likelihood: Tensor;
  /** ½‖u‖² at the new position: the energy of the prior. */
  readonly prior: Tensor;
  /** λU + ½‖u‖² + kinetic energy, with the momentum that led to the new position. */
  readonly hamiltonian: Tensor;
  /** min(1, e^{−ΔH}); 0 for NaN. */
  readonly acceptance: Tensor;
  readonly accepted: Tensor;
  readonly divergent: Tensor;
  /** The integrator's steps, one number for all chains or [chain]; each costs as many gradients as the integrator has drifts. */
  readonly steps: Tensor;
};

export type HmcOptions<P extends Params> = {
  readonly trajectory: Trajectory;
  readonly integrator?: Integrator;
  readonly flow?: Flow;
  readonly metric?: MetricAt<P>;
  /** |ΔH| beyond which a trajectory counts as divergent. */
  readonly divergence?: number;
};

/**
 * Hamiltonian Monte Carlo on ρ_λ ∝ e^{−λU(u)} N(u; 0, I), many chains at once, each with its λ: fresh momenta, a trajectory of the integrator, acceptance
 * with probability min(1, e^{−ΔH}) [Neal2011, §5.3].
 *
 * Any density π is such a target: U = −ln π − ½‖u‖² at λ = 1. ΔH is summed from differences, λ Σᵢ (Uᵢ′ − Uᵢ) + ½⟨u′ − u, u′ + u⟩ + ½⟨D(p′ − p), p′ + p⟩,
 * since in float32 a difference of sums would lose it. A NaN rejects. Temperature and step size are tensors of the state: a whole ladder is one compiled
 * step. The Metropolis step makes ρ_λ exactly invariant (up to arithmetic); nothing is promised about mixing.
 *
 * @throws ShapeError if leaves differ in their first axis, or λ or the terms have another number of chains
 * @example
 * ```ts
 * import { ones, scalar, square, zeros, type Tensor } from "@tensorflow/tfjs-core";
 * import { key, run } from "@lab/tensor-core";
 * import { hmc, jitteredSteps } from "@lab/pacbayes";
 * const sampler = hmc(({ u }: { u: Tensor }) => square(u), { trajectory: jitteredSteps(4) });
 * const start = { position: { u: zeros([3, 5]) }, lambda: ones([3]), stepSize: scalar(0.3) };
 * using draws = await run(sampler, start, { key: key(1), steps: 10, record: (_, info) => ({ energy: info.likelihood }) });
 * draws.trace.energy.shape; // => [ 10, 3 ]
 * ```
 */
export function hmc<P extends Params>(
  energy: Energy<P>,
  { trajectory, integrator = leapfrog, flow = rotation, metric = identity<P>(), divergence = 1000 }: HmcOptions<P>,
): Algorithm<HmcStart<P>, HmcState<P>, HmcInfo> {
  const evaluate = termsAndGrad(energy);

  return {
    init: (start) => begun("hmc", start, { evaluate }),
    step(key, state) {
      const dynamics = { evaluate, integrator, flow, metric: metricAt(metric, state.lambda) };
      const [momentumKey, trajectoryKey, acceptKey] = split(key, 3) as [typeof key, typeof key, typeof key];
      const steps = trajectory(trajectoryKey, state.stepSize);
      const { next, info } = transition(dynamics, state, { keys: [momentumKey, acceptKey], steps, divergence });
      return [next, { ...info, steps: typeof steps === "number" ? scalar(steps, "int32") : steps }];
    },
  };
}
