import { slice, sum, type Scalar, type Tensor2D, type Tensor3D } from "@tensorflow/tfjs-core";
import { delegationTerms, type DelegationOptions } from "./delegation.ts";

/**
 * L = −(1/N) Σ [C ln p(c) + (1 − C) ln q(y)] = (1/N) [Σ_called softplus(S − z_c) + Σ_others (S − z_y)], nats per position, with S = ln Σ_v exp z_v
 * over the ordinary tokens [Ujvary2026].
 *
 * At a delegated position `<CALL>` is the target in place of the true token; elsewhere the logit of `<CALL>` plays no part. The choice C comes from the
 * losses of this very batch, and is not differentiated. Gradient of N L: at a call −(1 − p_c) for z_c and (1 − p_c) q_v for z_v; elsewhere 0 and q_v − 1[v = y].
 * So nothing ever pushes z_c down but weight decay: p_c is no probability of a call, and a cascade needs a threshold that is set by its budget.
 *
 * Options say more: tokens to ignore, positions that only fill a row, or the full softmax everywhere, which is calibrated and not the paper's.
 *
 * `logits` [batch, time, vocabulary], `<CALL>` last; `targets` [batch, time], int32, ordinary tokens; position t concerns token t + 1.
 *
 * @throws ShapeError where shapes disagree, or where there is no ordinary token
 * @example
 * ```ts
 * import { tensor2d, tensor3d } from "@tensorflow/tfjs-core";
 * import { delegationLoss, lacy } from "@lab/lacy";
 * const factual = tensor2d([[true, false]], [1, 2], "bool");
 * const loss = delegationLoss(tensor3d([[[0, 0, 0], [0, 0, 9]]]), tensor2d([[1, 0]], [1, 2], "int32"), { calls: lacy({ fraction: 0.5 }), evidence: { factual } });
 * loss.dataSync()[0].toFixed(6); // => '0.895880'
 * ```
 */
export function delegationLoss<Evidence>(logits: Tensor3D, targets: Tensor2D, options: DelegationOptions<Evidence>): Scalar {
  const [batch, time] = targets.shape;
  return sum<Scalar>(slice(delegationTerms(logits, targets, options), [0, 0, 0], [1, batch, time]));
}
