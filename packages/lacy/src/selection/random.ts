import { cast, less, onesLike } from "@tensorflow/tfjs-core";
import type { Noise } from "../evidence/noise.ts";
import { highest } from "./highest.ts";
import { noise, type Mask, type TokenSelector } from "./selector.ts";

/**
 * Delegates tokens at random, 15 % of each batch: the loss-based baseline, whose call becomes a threshold on the model's confidence when it generates [Ujvary2026].
 *
 * `exact` takes K = round(fraction · M) of the M tokens; `bernoulli` each by itself with probability `fraction`, so that the number varies from batch to batch.
 *
 * @throws RangeError unless 0 ≤ fraction ≤ 1, and for a count that is none
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { random } from "@lab/lacy";
 * random({ fraction: 0.25 })({ noise: tensor2d([[0.3, 0.9, 0.1, 0.5]]) }).dataSync(); // => Uint8Array(4) [ 0, 1, 0, 0 ]
 * ```
 */
export function random({
  fraction = 0.15,
  count = "exact",
}: { readonly fraction?: number; readonly count?: "exact" | "bernoulli" } = {}): TokenSelector<Noise> {
  if (count !== "exact" && count !== "bernoulli") throw new RangeError(`Cannot select tokens: count must be "exact" or "bernoulli", got "${String(count)}"`);
  if (!(fraction >= 0 && fraction <= 1)) throw new RangeError(`Cannot select tokens: expected a fraction in [0, 1], got ${fraction}`);
  if (count === "bernoulli") return (evidence) => less(evidence.noise, fraction) as Mask;
  return highest(noise, { among: (evidence: Noise) => cast(onesLike(evidence.noise), "bool"), fraction });
}
