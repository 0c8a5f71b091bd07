import {
  cast,
  cumsum,
  fill,
  gather,
  isNaN,
  lessEqual,
  logicalAnd,
  logicalNot,
  reshape,
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
