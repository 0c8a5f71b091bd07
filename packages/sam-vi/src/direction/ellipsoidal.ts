import { exp, mul } from "@tensorflow/tfjs-core";
import { map } from "@lab/tensor-core";
import type { Direction } from "./direction.ts";
import { onSphere } from "./sphere.ts";

/**
 * u = √D σ ⊙ g₀/‖σ ⊙ g₀‖: mean + σ ⊙ u is the maximum of the linearised loss over the ellipsoid ‖ε/σ‖ ≤ √D [Ujvary2022]. Zero where the gradient is zero.
 *
 * With σ the same everywhere it is `adversarial`; with σ = (ρ/√D) |w|, that of adaptive SAM [Kwon2021, Equation 6].
 *
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { ellipsoidal } from "@lab/sam-vi";
 * const q = { mean: { w: tensor1d([0, 0]) }, logScale: { w: tensor1d([Math.log(3), Math.log(4)]) } };
 * ellipsoidal()(key(0), q, () => ({ w: tensor1d([1, 1]) })).w.dataSync().map((x) => Math.round((5 * x) / Math.SQRT2)); // => Float32Array(2) [ 3, 4 ]
 * ```
 */
export function ellipsoidal(): Direction {
  return (_key, { mean, logScale }, grad) => onSphere(map((l, g) => mul(exp(l), g), logScale, grad(mean)));
}
