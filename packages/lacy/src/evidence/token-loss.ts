import { gather, logSumExp, reshape, slice, sub, type Tensor2D, type Tensor3D } from "@tensorflow/tfjs-core";
import { axes, ShapeError } from "@lab/tensor-core";
import { targetPositions } from "./target-positions.ts";

/** ℓ = −ln q(token | prefix) of the small model among ordinary tokens, [batch, time], nats; position t concerns token t + 1. */
export type TokenLoss = { readonly loss: Tensor2D };

/**
 * ℓ = ln Σ_v exp z_v − z_y over the ordinary tokens v: the loss of the true token y where the last logit, that of `<CALL>`, is left out, nats [Ujvary2026].
 *
 * `logits` [batch, time, vocabulary], `<CALL>` last; `targets` [batch, time], int32, ordinary tokens. The loss is that under q, not under the full
 * softmax: positions already called would look harder there.
 *
 * @throws ShapeError where the shapes disagree, or where there is no ordinary token
 * @example
 * ```ts
 * import { tensor2d, zeros } from "@tensorflow/tfjs-core";
 * import { tokenLoss } from "@lab/lacy";
 * tokenLoss(zeros([1, 2, 5]), tensor2d([[0, 3]], [1, 2], "int32")).dataSync()[0].toFixed(6); // => '1.386294'
 * ```
 */
export function tokenLoss(logits: Tensor3D, targets: Tensor2D): Tensor2D {
  return lossBy(logits, targets, "q");
}

/** −ln of the true token's probability by q, its softmax without `<CALL>`, or by p, over all tokens; see {@link tokenLoss}. */
export function lossBy(logits: Tensor3D, targets: Tensor2D, by: "q" | "p"): Tensor2D {
  const { batch, time, vocabulary } = axes("tokenLoss", [logits, "batch time vocabulary"], [targets, "batch time"]);
  if (vocabulary < 2) throw new ShapeError(`Cannot apply tokenLoss: expected a vocabulary of at least one token and <CALL>, got ${vocabulary}`);
  const among = by === "p" ? logits : slice(logits, [0, 0, 0], [batch, time, vocabulary - 1]);
  const true_ = reshape(gather(reshape(logits, [-1]), targetPositions(targets, vocabulary)), [batch, time]);
  return sub<Tensor2D>(logSumExp(among, -1), true_);
}
