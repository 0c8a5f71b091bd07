import type { FactMask } from "../evidence/fact-mask.ts";
import type { Noise } from "../evidence/noise.ts";
import { highest } from "./highest.ts";
import { factual, noise, type TokenSelector } from "./selector.ts";

/**
 * Delegates facts at random, as many as 15 % of each batch: what the parser is worth without the loss [Ujvary2026].
 *
 * @throws RangeError unless 0 ≤ fraction ≤ 1
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { factsOnly } from "@lab/lacy";
 * const factual = tensor2d([[true, false, true, false]], [1, 4], "bool");
 * factsOnly({ fraction: 0.25 })({ noise: tensor2d([[0.3, 0.9, 0.1, 0.5]]), factual }).dataSync(); // => Uint8Array(4) [ 1, 0, 0, 0 ]
 * ```
 */
export function factsOnly({ fraction = 0.15 }: { readonly fraction?: number } = {}): TokenSelector<Noise & FactMask> {
  return highest(noise, { among: factual, fraction });
}
