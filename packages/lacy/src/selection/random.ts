import { cast, onesLike } from "@tensorflow/tfjs-core";
import type { Noise } from "../evidence/noise.ts";
import { highest } from "./highest.ts";
import { noise, type TokenSelector } from "./selector.ts";

/**
 * Delegates tokens at random, 15 % of each batch: the loss-based baseline, whose call becomes a threshold on the model's confidence when it generates [Ujvary2026].
 *
 * @throws RangeError unless 0 ≤ fraction ≤ 1
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { random } from "@lab/lacy";
 * random({ fraction: 0.25 })({ noise: tensor2d([[0.3, 0.9, 0.1, 0.5]]) }).dataSync(); // => Uint8Array(4) [ 0, 1, 0, 0 ]
 * ```
 */
export function random({ fraction = 0.15 }: { readonly fraction?: number } = {}): TokenSelector<Noise> {
  return highest(noise, { among: (evidence: Noise) => cast(onesLike(evidence.noise), "bool"), fraction });
}
