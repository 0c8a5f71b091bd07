import { cast, logicalAnd, logicalNot, logicalOr, maximum, sub, sum, type Scalar } from "@tensorflow/tfjs-core";
import type { CountMask } from "../evidence/count-mask.ts";
import type { FactMask } from "../evidence/fact-mask.ts";
import type { OtherMask } from "../evidence/other-mask.ts";
import type { TokenLoss } from "../evidence/token-loss.ts";
import { foremost, shareOf } from "./foremost.ts";
import type { Mask, TokenSelector } from "./selector.ts";

/**
 * Facts that are not delegated, F · (1 − C): the variant Ignorefacts takes no gradient from them [Ujvary2026].
 *
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { ignoredFacts, lacy } from "@lab/lacy";
 * const evidence = { loss: tensor2d([[9, 1, 5, 2]]), factual: tensor2d([[false, true, true, false]], [1, 4], "bool") };
 * ignoredFacts(lacy({ fraction: 0.25 }))(evidence).dataSync(); // => Uint8Array(4) [ 0, 1, 0, 0 ]
 * ```
 */
export function ignoredFacts<Evidence>(calls: TokenSelector<Evidence>): TokenSelector<Evidence & FactMask> {
  return (evidence) => remaining(evidence.factual, calls(evidence));
}

/**
 * Facts that are not delegated, and of the tokens that are neither fact nor grammar the hardest, 15 % of each batch in all: the variant Ignore [Ujvary2026].
 *
 * K_other = max(0, round(fraction · M) − |F · (1 − C)|), M = batch · time, or the counted positions where rows are filled up. Where the facts that are left are more than that, all of them are ignored.
 *
 * @throws RangeError unless 0 ≤ fraction ≤ 1
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { ignored, lacy } from "@lab/lacy";
 * const mask = (...bits: number[]) => tensor2d(bits, [1, 4], "bool");
 * const evidence = { loss: tensor2d([[9, 1, 5, 7]]), factual: mask(0, 1, 1, 0), other: mask(1, 0, 0, 1) };
 * ignored(lacy({ fraction: 0.25 }), { fraction: 0.5 })(evidence).dataSync(); // => Uint8Array(4) [ 1, 1, 0, 0 ]
 * ```
 */
export function ignored<Evidence>(
  calls: TokenSelector<Evidence>,
  { fraction = 0.15 }: { readonly fraction?: number } = {},
): TokenSelector<Evidence & FactMask & OtherMask & TokenLoss & CountMask> {
  if (!(fraction >= 0 && fraction <= 1)) throw new RangeError(`Cannot select tokens: expected a fraction in [0, 1], got ${fraction}`);
  return (evidence) => {
    const called = calls(evidence);
    const { counted } = evidence;
    const there = (mask: Mask): Mask => (counted === undefined ? mask : (logicalAnd(mask, counted) as Mask));
    const facts = there(remaining(evidence.factual, called));
    const count = maximum(0, sub(shareOf(facts, { fraction, counted }), sum(cast(facts, "float32")))) as Scalar;
    return logicalOr(facts, foremost(evidence.loss, { among: there(remaining(evidence.other, called)), count })) as Mask;
  };
}

function remaining(mask: Mask, called: Mask): Mask {
  return logicalAnd(mask, logicalNot(called)) as Mask;
}
