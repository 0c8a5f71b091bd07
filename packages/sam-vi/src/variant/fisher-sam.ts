import type { Objective, Params } from "@lab/tensor-core";
import { atRadius, type Named, type RadiusOptions } from "../at-radius.ts";
import { fisher } from "../direction/fisher.ts";

/**
 * θ ← θ + transform(∇L(θ + ρ F⁻¹g₀/√(g₀ᵀF⁻¹g₀))), F = 1 + η g₀²: SAM in the Fisher metric [Kim2022]. Two gradients a step.
 *
 * F is taken from the batch's own gradient, as `fisher` says.
 *
 * @throws RangeError unless rho and eta are finite and not negative
 * @example
 * ```ts
 * import { square, sum, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { fisherSam } from "@lab/sam-vi";
 * fisherSam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { transform: sgd(0.1) }).gradientsPerStep; // => 2
 * ```
 */
export function fisherSam<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { rho = 0.1, eta = 1, samples = 1, ...options }: RadiusOptions & { readonly eta?: number },
): Named<P, Batch> {
  return atRadius(loss, { ...options, direction: fisher({ eta }), rho, samples, gradientsPerStep: 1 + samples });
}
