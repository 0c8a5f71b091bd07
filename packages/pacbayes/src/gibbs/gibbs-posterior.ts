import type { Tensor } from "@tensorflow/tfjs-core";
import type { Params } from "@lab/tensor-core";
import { unwhitened, type GaussianPrior } from "./gaussian-prior.ts";

/** U as the terms of a sum, [chain, term], nats, at whitened positions [chain, …]: chain c's terms depend on row c of every leaf alone. */
export type Energy<P extends Params> = (position: P) => Tensor;

/**
 * U(u) = n r̂(μ₀ + σ₀ u) = Σᵢ ℓ(w, zᵢ): the energy of the Gibbs posterior ρ_λ ∝ e^{−λU} π in whitened coordinates, where π = N(0, I) [Catoni2007, §1.2].
 *
 * ρ_λ minimises r̂(ρ) + KL(ρ‖π)/(λn). λ counts per example: a likelihood to the power λ divided by the scale of the loss. The prior's own energy ½‖u‖² is
 * kept apart, so that every estimator of the evidence sees U. `losses` maps parameters [chain, …] to losses [chain, example].
 *
 * @example
 * ```ts
 * import { sub, square, tensor2d } from "@tensorflow/tfjs-core";
 * import { gaussianPrior, gibbsPosterior } from "@lab/pacbayes";
 * const data = tensor2d([[0.2, 0.4]]);
 * const energy = gibbsPosterior(({ w }) => square(sub(w, data)), { prior: gaussianPrior({ w: tensor2d([[0]]) }, { scale: 0.5 }) });
 * Array.from(energy({ w: tensor2d([[2], [0]]) }).dataSync(), (l) => l.toFixed(2)); // => [ '0.64', '0.36', '0.04', '0.16' ]
 * ```
 */
export function gibbsPosterior<P extends Params>(losses: (params: P) => Tensor, { prior }: { readonly prior: GaussianPrior<P> }): Energy<P> {
  return (position) => losses(unwhitened(prior, position));
}
