import { cast, neg, onesLike, sub, type Tensor2D } from "@tensorflow/tfjs-core";
import type { FactMask } from "../evidence/fact-mask.ts";
import type { ReferenceLoss } from "../evidence/reference-loss.ts";
import type { TokenLoss } from "../evidence/token-loss.ts";

/** A yes or no per token, [batch, time], of dtype bool, which TensorFlow.js checks as it runs; yes delegates. */
export type Mask = Tensor2D;
/** A quantity per token, [batch, time]. */
export type TokenScore<Evidence> = (evidence: Evidence) => Tensor2D;
/** A choice of tokens from what is known of them: the ones to delegate, or the ones among which to choose. */
export type TokenSelector<Evidence> = (evidence: Evidence) => Mask;

/**
 * The token's own loss, nats.
 *
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { ownLoss } from "@lab/lacy";
 * ownLoss({ loss: tensor2d([[1, 2]]) }).dataSync(); // => Float32Array(2) [ 1, 2 ]
 * ```
 */
export const ownLoss: TokenScore<TokenLoss> = ({ loss }) => loss;

/**
 * Own loss − reference loss, nats: what a better model knows and this one does not yet [Lin2024].
 *
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { excessLoss } from "@lab/lacy";
 * excessLoss({ loss: tensor2d([[3, 2]]), referenceLoss: tensor2d([[1, 2]]) }).dataSync(); // => Float32Array(2) [ 2, 0 ]
 * ```
 */
export const excessLoss: TokenScore<TokenLoss & ReferenceLoss> = ({ loss, referenceLoss }) => sub(loss, referenceLoss);

/**
 * −score: turns a choice of the highest into one of the lowest.
 *
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { negated, ownLoss } from "@lab/lacy";
 * negated(ownLoss)({ loss: tensor2d([[1, 2]]) }).dataSync(); // => Float32Array(2) [ -1, -2 ]
 * ```
 */
export function negated<Evidence>(score: TokenScore<Evidence>): TokenScore<Evidence> {
  return (evidence) => neg(score(evidence));
}

/**
 * The tokens that carry a fact.
 *
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { factual } from "@lab/lacy";
 * factual({ factual: tensor2d([[true, false]], [1, 2], "bool") }).dataSync(); // => Uint8Array(2) [ 1, 0 ]
 * ```
 */
export const factual: TokenSelector<FactMask> = (evidence) => evidence.factual;

/**
 * All tokens.
 *
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { every } from "@lab/lacy";
 * every({ loss: tensor2d([[1, 2]]) }).dataSync(); // => Uint8Array(2) [ 1, 1 ]
 * ```
 */
export const every: TokenSelector<TokenLoss> = ({ loss }) => cast(onesLike(loss), "bool") as Mask;
