import type { FactMask } from "../evidence/fact-mask.ts";
import type { ReferenceLoss } from "../evidence/reference-loss.ts";
import { highest } from "./highest.ts";
import { factual, referenceLoss, type TokenSelector } from "./selector.ts";

/**
 * Delegates the facts that are hardest for a model trained beforehand, 15 % of all tokens of each batch: LaCy with the loss of a reference [Ujvary2026].
 *
 * @throws RangeError unless 0 ≤ fraction ≤ 1
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { referenceFacts } from "@lab/lacy";
 * const evidence = { referenceLoss: tensor2d([[9, 1, 5, 2]]), factual: tensor2d([[false, true, true, false]], [1, 4], "bool") };
 * referenceFacts({ fraction: 0.25 })(evidence).dataSync(); // => Uint8Array(4) [ 0, 0, 1, 0 ]
 * ```
 */
export function referenceFacts({ fraction = 0.15 }: { readonly fraction?: number } = {}): TokenSelector<ReferenceLoss & FactMask> {
  return highest(referenceLoss, { among: factual, fraction });
}
