import type { Scalar } from "@tensorflow/tfjs-core";
import { add, scale } from "@lab/tensor-core";
import { adversarial } from "./adversarial.ts";
import type { Direction } from "./direction.ts";
import { gaussian } from "./gaussian.ts";
import { onSphere } from "./sphere.ts";

/**
 * u = √D v/‖v‖ with v = √D g₀/‖g₀‖ + κ z: from SAM at κ = 0 to a uniform direction as κ → ∞ [Ujvary2022].
 *
 * The cosine of u and g₀ tends to 1/√(1 + κ²) as D grows.
 *
 * @throws RangeError unless kappa is finite and not negative
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { key, meanField, norm } from "@lab/tensor-core";
 * import { mixed } from "@lab/sam-vi";
 * const q = meanField({ w: tensor1d([0, 0, 0, 0]) }, { scale: 0.1 });
 * norm(mixed({ kappa: 1 })(key(0), q, () => ({ w: tensor1d([1, 2, 3, 4]) }))).dataSync()[0].toFixed(4); // => '2.0000'
 * ```
 */
export function mixed({ kappa = 1, noise = gaussian() }: { readonly kappa?: number | Scalar; readonly noise?: Direction } = {}): Direction {
  if (typeof kappa === "number" && !(kappa >= 0 && kappa < Infinity)) throw new RangeError(`Cannot mix directions: expected kappa in [0, ∞), got ${kappa}`);
  const ascent = adversarial();
  return (key, posterior, grad) => onSphere(add(ascent(key, posterior, grad), scale(kappa, noise(key, posterior, grad))));
}
