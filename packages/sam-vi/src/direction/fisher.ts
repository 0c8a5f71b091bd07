import { add, div, maximum, mul, sqrt, square } from "@tensorflow/tfjs-core";
import { dot, map, size } from "@lab/tensor-core";
import type { Direction } from "./direction.ts";

/** Below it, the squares of float32 vanish. */
const SMALLEST = 1e-30;

/**
 * u = √D F⁻¹g₀/√(g₀ᵀF⁻¹g₀), F = 1 + η g₀²: the maximum of the linearised loss over a ball in the Fisher metric [Kim2022]. Zero where the gradient is zero.
 *
 * F is the diagonal of the squared gradient of the batch, which stands for the mean of squared gradients of single examples. The length of √F ⊙ u is √D, not
 * that of u; at η = 0 it is `adversarial`.
 *
 * @throws RangeError unless eta is finite and not negative
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { key, meanField } from "@lab/tensor-core";
 * import { fisher } from "@lab/sam-vi";
 * const q = meanField({ w: tensor1d([0]) }, { scale: 0.1 });
 * fisher({ eta: 1 })(key(0), q, () => ({ w: tensor1d([Math.sqrt(3)]) })).w.dataSync()[0].toFixed(3); // => '0.500'
 * ```
 */
export function fisher({ eta = 1 }: { readonly eta?: number } = {}): Direction {
  if (!(eta >= 0 && eta < Infinity)) throw new RangeError(`Cannot weigh by Fisher information: expected eta in [0, ∞), got ${eta}`);
  return (_key, { mean }, grad) => {
    const g = grad(mean);
    const natural = map((x) => div(x, add(1, mul(eta, square(x)))), g);
    const length = div(Math.sqrt(size(mean)), maximum(sqrt(dot(g, natural)), SMALLEST));
    return map((x) => mul(x, length), natural);
  };
}
