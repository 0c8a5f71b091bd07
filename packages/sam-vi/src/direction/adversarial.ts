import type { Direction } from "./direction.ts";
import { onSphere } from "./sphere.ts";

/**
 * u = √D g₀/‖g₀‖ with g₀ = ∇L(mean): sharpness-aware minimisation [Foret2021, Equation 2]. Zero where the gradient is zero.
 *
 * With σ = ρ/√D everywhere, mean + σ ⊙ u is the maximum of the linearised loss over the ball of radius ρ.
 *
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { key, meanField } from "@lab/tensor-core";
 * import { adversarial } from "@lab/sam-vi";
 * const q = meanField({ w: tensor1d([0, 0, 0, 0]) }, { scale: 0.1 });
 * adversarial()(key(0), q, () => ({ w: tensor1d([3, 0, 4, 0]) })).w.dataSync().map((x) => Math.round(10 * x)); // => Float32Array(4) [ 12, 0, 16, 0 ]
 * ```
 */
export function adversarial(): Direction {
  return (_key, { mean }, grad) => onSphere(grad(mean));
}
