import { norm, scale, type Objective, type Params } from "@lab/tensor-core";
import { atRadius, type Named, type RadiusOptions } from "../at-radius.ts";
import { adversarial } from "../direction/adversarial.ts";
import { unit } from "../orthogonal.ts";

/**
 * θ ← θ + transform(‖g₀‖ g₁/‖g₁‖): stable SAM, whose step is as long as that of the base optimizer [Tan2024]. Two gradients a step.
 *
 * Not sparse SAM, which shares its initials.
 *
 * @throws RangeError unless rho is finite and not negative
 * @example
 * ```ts
 * import { square, sum, tensor1d, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { key, sgd } from "@lab/tensor-core";
 * import { stableSam } from "@lab/sam-vi";
 * const { init, step } = stableSam(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { rho: 1, transform: sgd(0.5) });
 * const [{ posterior }] = step(key(0), init({ w: tensor1d([3, 4]) }), undefined);
 * posterior.mean.w.dataSync().map(Math.round); // => Float32Array(2) [ 0, 0 ]
 * ```
 */
export function stableSam<P extends Params, Batch = void>(loss: Objective<P, Batch>, { rho = 0.05, samples = 1, ...options }: RadiusOptions): Named<P, Batch> {
  return atRadius(loss, {
    ...options,
    direction: adversarial(),
    drive: (perturbed, clean) => ({ mean: scale(norm(clean()), unit(perturbed)), logScale: perturbed }),
    rho,
    samples,
    gradientsPerStep: 1 + samples,
  });
}
