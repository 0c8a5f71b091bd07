import {
  cast,
  add,
  cumsum,
  fill,
  floor,
  gather,
  isNaN,
  lessEqual,
  logicalAnd,
  logicalNot,
  mul,
  reshape,
  sum,
  topk,
  unsortedSegmentSum,
  where,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { axes } from "@lab/tensor-core";
import type { Mask } from "./selector.ts";

/** The `count` positions that score highest among the eligible ones, ties to the earlier, NaN never; all of them where they are fewer. */
export function foremost(scores: Tensor2D, { among, count: budget }: { readonly among: Mask; readonly count: number | Scalar }): Mask {
  const { batch, time } = axes("highest", [scores, "batch time"], [among, "batch time"]);
  const count = batch * time;
  const flat = reshape(scores, [count]);
  const broken = isNaN(flat);
  const eligible = logicalAnd(reshape(among, [count]), logicalNot(broken));
  // The order of all positions, not the K-th value: values tie, positions do not, and a score of −∞ may be eligible.
  const order = topk(where(broken, fill([count], -Infinity), flat), count).indices as Tensor1D;
  const isEligible = cast(gather(eligible, order), "float32");
  const chosen = logicalAnd(cast(isEligible, "bool"), lessEqual(cumsum(isEligible), budget));
  return cast(reshape(unsortedSegmentSum(cast(chosen, "float32"), order, count), [batch, time]), "bool") as Mask;
}

/** round(fraction · M) of the M positions, or of those that are counted. */
export function shareOf(positions: Tensor2D, { fraction, counted }: { readonly fraction: number; readonly counted: Mask | undefined }): number | Scalar {
  if (counted === undefined) return Math.round(fraction * positions.size);
  const share = mul(sum<Scalar>(cast(counted, "float32")), fraction);
  // A fraction such as 0.15 is below itself in float32, or above: a half that it should reach is within some units of the last place.
  return floor<Scalar>(add<Scalar>(mul(share, 1 + 2 ** -21), 0.5));
}
