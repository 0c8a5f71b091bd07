import type { ReferenceLoss } from "../evidence/reference-loss.ts";
import type { TokenLoss } from "../evidence/token-loss.ts";
import { highest } from "./highest.ts";
import { every, excessLoss, negated, type TokenSelector } from "./selector.ts";

/**
 * Delegates the tokens of lowest excess loss, 15 % of each batch: Rho-1 [Lin2024], which skips them, turned to delegation [Ujvary2026].
 *
 * @throws RangeError unless 0 ≤ fraction ≤ 1
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { rho } from "@lab/lacy";
 * const evidence = { loss: tensor2d([[9, 1, 5, 2]]), referenceLoss: tensor2d([[1, 1, 6, 0]]) };
 * rho({ fraction: 0.25 })(evidence).dataSync(); // => Uint8Array(4) [ 0, 0, 1, 0 ]
 * ```
 */
export function rho({ fraction = 0.15 }: { readonly fraction?: number } = {}): TokenSelector<TokenLoss & ReferenceLoss> {
  return highest(negated(excessLoss), { among: every, fraction });
}
