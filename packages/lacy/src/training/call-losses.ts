import {
  cast,
  div,
  logicalNot,
  max,
  maximum,
  mean,
  mul,
  slice,
  squeeze,
  sub,
  sum,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { axes, ShapeError } from "@lab/tensor-core";
import type { Mask } from "../selection/selector.ts";

/** Scalars, nats: the mean loss on a mask, off it and over all positions, 0 where there are none; and the share of positions on the mask. */
export type CallLosses = { readonly callLoss: Scalar; readonly nonCallLoss: Scalar; readonly totalLoss: Scalar; readonly callShare: Scalar };

/**
 * The mean token loss where a model would call and where it would not: weighted by their shares they sum to the total loss [Ujvary2026].
 *
 * `loss` and `mask` [batch, time]. Other models are measured on the same mask, so that the same tokens are compared: the mask is one model's
 * `highest(callMargin)` on the batch, say.
 *
 * @throws ShapeError where the shapes disagree
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { callLosses } from "@lab/lacy";
 * const { callLoss, nonCallLoss } = callLosses(tensor2d([[4, 1, 2]]), tensor2d([[1, 0, 0]], [1, 3], "bool"));
 * [callLoss.dataSync()[0], nonCallLoss.dataSync()[0]]; // => [ 4, 1.5 ]
 * ```
 */
export function callLosses(loss: Tensor2D, mask: Mask): CallLosses {
  axes("callLosses", [loss, "batch time"], [mask, "batch time"]);
  const over = (where: Tensor): Scalar => {
    const weight = cast(where, "float32");
    return div<Scalar>(sum(mul(loss, weight)), maximum(sum(weight), 1));
  };
  return { callLoss: over(mask), nonCallLoss: over(logicalNot(mask)), totalLoss: mean<Scalar>(loss), callShare: mean<Scalar>(cast(mask, "float32")) };
}

/**
 * m = z_c − max_v z_v over the ordinary tokens v: how far `<CALL>` is above the best token of one's own, [batch, time]. It does not change when one constant
 * is added to all logits of a position.
 *
 * `logits` [batch, time, vocabulary], `<CALL>` last.
 *
 * @throws ShapeError unless there is an ordinary token
 * @example
 * ```ts
 * import { tensor3d } from "@tensorflow/tfjs-core";
 * import { callMargin } from "@lab/lacy";
 * callMargin(tensor3d([[[1, 3, 5]]])).dataSync()[0]; // => 2
 * ```
 */
export function callMargin(logits: Tensor3D): Tensor2D {
  const { batch, time, vocabulary } = axes("callMargin", [logits, "batch time vocabulary"]);
  if (vocabulary < 2) throw new ShapeError(`Cannot apply callMargin: expected a vocabulary of at least one token and <CALL>, got ${vocabulary}`);
  const own = slice(logits, [0, 0, 0], [batch, time, vocabulary - 1]);
  return sub<Tensor2D>(squeeze(slice(logits, [0, 0, vocabulary - 1], [batch, time, 1]), [2]), max(own, -1));
}
