import type { Algorithm, Params } from "@lab/tensor-core";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { straight } from "../hmc/flow.ts";
import { hmc, type HmcInfo, type HmcOptions, type HmcStart, type HmcState } from "../hmc/hmc.ts";
import { fixedSteps } from "../hmc/trajectory.ts";

/**
 * The Metropolis-adjusted Langevin algorithm: u′ = u − ½ε² D ∇H(u) + ε √D z, accepted with probability min(1, ρ_λ(u′) q(u | u′) / (ρ_λ(u) q(u′ | u)))
 * [Roberts1996, §1.4].
 *
 * H = λU(u) + ½‖u‖², D the metric, ε the step size. It is Hamiltonian Monte Carlo by one leapfrog along straight lines, whose ΔH is minus the log of that ratio
 * [Neal2011, §5.2]; one gradient a step. Adapt ε to an acceptance of 0.574.
 *
 * @throws ShapeError as `hmc`
 * @example
 * ```ts
 * import { ones, scalar, square, zeros, type Tensor } from "@tensorflow/tfjs-core";
 * import { key, run } from "@lab/tensor-core";
 * import { adapted, frozen, mala } from "@lab/pacbayes";
 * const sampler = mala(({ u }: { u: Tensor }) => square(u));
 * const start = { position: { u: zeros([3, 5]) }, lambda: ones([3]), stepSize: scalar(0.3) };
 * using warm = await run(adapted(sampler, { target: 0.574 }), start, { key: key(1), steps: 50 });
 * frozen(warm.state.value).position.u.shape; // => [ 3, 5 ]
 * ```
 */
export function mala<P extends Params>(
  energy: Energy<P>,
  options: Pick<HmcOptions<P>, "metric" | "divergence"> = {},
): Algorithm<HmcStart<P>, HmcState<P>, HmcInfo> {
  return hmc(energy, { ...options, trajectory: fixedSteps(1), flow: straight });
}
