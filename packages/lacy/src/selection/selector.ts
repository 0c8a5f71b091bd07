import { cast, neg, onesLike, sub, zerosLike, type Tensor2D } from "@tensorflow/tfjs-core";
import type { FactMask } from "../evidence/fact-mask.ts";
import type { JudgeMask } from "../evidence/judge-mask.ts";
import type { Noise } from "../evidence/noise.ts";
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
 * The token's loss under a model trained beforehand, nats.
 *
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { referenceLoss } from "@lab/lacy";
 * referenceLoss({ referenceLoss: tensor2d([[1, 2]]) }).dataSync(); // => Float32Array(2) [ 1, 2 ]
 * ```
 */
export const referenceLoss: TokenScore<ReferenceLoss> = (evidence) => evidence.referenceLoss;

/**
 * u ~ U[0, 1): the score of a choice at random.
 *
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { noise } from "@lab/lacy";
 * noise({ noise: tensor2d([[0.5, 0.25]]) }).dataSync(); // => Float32Array(2) [ 0.5, 0.25 ]
 * ```
 */
export const noise: TokenScore<Noise> = (evidence) => evidence.noise;

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

/**
 * No token: ordinary pre-training.
 *
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { none } from "@lab/lacy";
 * none({ loss: tensor2d([[1, 2]]) }).dataSync(); // => Uint8Array(2) [ 0, 0 ]
 * ```
 */
export const none: TokenSelector<TokenLoss> = ({ loss }) => cast(zerosLike(loss), "bool") as Mask;

/**
 * The tokens that a language model called factual: the judge of the paper, whose rate is its own [Ujvary2026].
 *
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { judged } from "@lab/lacy";
 * judged({ judged: tensor2d([[true, false]], [1, 2], "bool") }).dataSync(); // => Uint8Array(2) [ 1, 0 ]
 * ```
 */
export const judged: TokenSelector<JudgeMask> = (evidence) => evidence.judged;
