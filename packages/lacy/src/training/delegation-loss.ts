import {
  concat,
  customGrad,
  div,
  exp,
  expandDims,
  logSumExp,
  mean,
  mul,
  neg,
  oneHot,
  reshape,
  sigmoid,
  slice,
  softplus,
  squeeze,
  sub,
  where,
  gather,
  cast,
  logicalNot,
  type GradSaveFunc,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { axes, ShapeError } from "@lab/tensor-core";
import { targetPositions } from "../evidence/target-positions.ts";
import type { TokenLoss } from "../evidence/token-loss.ts";
import type { TokenSelector } from "../selection/selector.ts";

/** Which tokens to delegate, and what the choice needs to know besides their loss. */
export type DelegationOptions<Evidence> = { readonly calls: TokenSelector<TokenLoss & Evidence>; readonly evidence: Evidence };

/**
 * L = −(1/N) Σ [C ln p(c) + (1 − C) ln q(y)] = (1/N) [Σ_called softplus(S − z_c) + Σ_others (S − z_y)], nats per position, with S = ln Σ_v exp z_v
 * over the ordinary tokens [Ujvary2026].
 *
 * At a delegated position `<CALL>` is the target in place of the true token; elsewhere the logit of `<CALL>` plays no part. The choice C comes from the
 * losses of this very batch, and is not differentiated. Gradient of N L: at a call −(1 − p_c) for z_c and (1 − p_c) q_v for z_v; elsewhere 0 and q_v − 1[v = y].
 * So nothing ever pushes z_c down but weight decay: p_c is no probability of a call, and a cascade needs a threshold that is set by its budget.
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
export function delegationLoss<Evidence>(logits: Tensor3D, targets: Tensor2D, { calls, evidence }: DelegationOptions<Evidence>): Scalar {
  const { batch, time, vocabulary } = axes("delegationLoss", [logits, "batch time vocabulary"], [targets, "batch time"]);
  if (vocabulary < 2) throw new ShapeError(`Cannot apply delegationLoss: expected a vocabulary of at least one token and <CALL>, got ${vocabulary}`);
  const loss = customGrad((...given: (Tensor | GradSaveFunc)[]) => {
    const [z, save] = given as [Tensor3D, GradSaveFunc];
    const own = slice(z, [0, 0, 0], [batch, time, vocabulary - 1]);
    const call = squeeze(slice(z, [0, 0, vocabulary - 1], [batch, time, 1]), [2]);
    const partition = logSumExp(own, -1);
    const logOdds = sub(call, partition);
    const losses = sub<Tensor2D>(partition, reshape(gather(reshape(z, [-1]), targetPositions(targets, vocabulary)), [batch, time]));
    const called = calls({ ...evidence, loss: losses });
    axes("delegationLoss", [called, `${batch} ${time}`]);
    const probabilities = exp(sub(own, expandDims(partition, -1)));
    save([probabilities, logOdds, called, targets]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [q, s, c, y] = saved as [Tensor3D, Tensor2D, Tensor2D, Tensor2D];
      const isCall = cast(c, "float32");
      // 1 − p_c where called, 1 elsewhere.
      const weight = where(c, sigmoid(neg(s)), cast(logicalNot(c), "float32"));
      const target = mul(cast(oneHot(y, vocabulary - 1), "float32"), expandDims(sub(1, isCall), -1));
      const forOwn = sub(mul(q, expandDims(weight, -1)), target);
      const forCall = expandDims(neg(mul(isCall, weight)), -1);
      return mul(concat([forOwn, forCall], -1), div(dy, batch * time));
    };
    return { value: mean<Scalar>(where(called, softplus(neg(logOdds)), losses)), gradFunc };
  });
  return loss(logits) as Scalar;
}
