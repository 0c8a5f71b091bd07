import type { FactMask } from "../evidence/fact-mask.ts";
import type { TokenLoss } from "../evidence/token-loss.ts";
import { highest } from "./highest.ts";
import { factual, ownLoss, type TokenSelector } from "./selector.ts";

/**
 * C(x) = F(x) · 1[ℓ(x) among the highest]: delegate the facts that are hardest now, 15 % of all tokens of each batch [Ujvary2026].
 *
 * @throws RangeError unless 0 ≤ fraction ≤ 1
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { lacy } from "@lab/lacy";
 * const evidence = { loss: tensor2d([[9, 1, 5, 2]]), factual: tensor2d([[false, true, true, false]], [1, 4], "bool") };
 * lacy({ fraction: 0.25 })(evidence).dataSync(); // => Uint8Array(4) [ 0, 0, 1, 0 ]
 * ```
 */
export function lacy({ fraction = 0.15 }: { readonly fraction?: number } = {}): TokenSelector<TokenLoss & FactMask> {
  return highest(ownLoss, { among: factual, fraction });
}
