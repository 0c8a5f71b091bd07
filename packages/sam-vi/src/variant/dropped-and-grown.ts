import {
  add as plus,
  abs,
  cast,
  concat,
  cos,
  equal,
  gather,
  greaterEqual,
  less,
  maximum,
  minimum,
  mul,
  reshape,
  round,
  slice,
  sub,
  sum,
  topk,
  where,
  type Scalar,
  type Tensor,
  type Tensor1D,
} from "@tensorflow/tfjs-core";
import { map, tensors, uniform, type Key, type Params } from "@lab/tensor-core";

/** How many entries a mask keeps, and which part of them changes at a refresh: `fraction` at first, none from step `horizon` on. */
export type Turnover = { readonly kept: number; readonly fraction: number; readonly horizon: number };

/** All leaves of a tree as one vector. */
function flat(tree: Params): Tensor1D {
  return concat(tensors(tree).map((x) => reshape(x, [x.size]))) as Tensor1D;
}

/** A vector cut into the leaves of a tree. */
function like<P extends Params>(tree: P, values: Tensor1D): P {
  let from = 0;
  return map((x) => {
    const leaf = reshape(slice(values, [from], [x.size]), x.shape);
    from += x.size;
    return leaf;
  }, tree);
}

/** 1 at the `count` largest of a vector's numbers, those that tie with the last included; `count` is a whole number that the graph decides. */
function largest(values: Tensor1D, count: Scalar): Tensor1D {
  const sorted = topk(values, values.size).values;
  const last = cast(maximum(sub(count, 1), 0), "int32");
  const some = cast(greaterEqual(count, 1), "float32");
  return mul(cast(greaterEqual(values, gather(sorted, last)), "float32"), some);
}

/**
 * A mask that drops its n entries of smallest gradient, where the loss is flat, and grows n others at random, n = kept · ½ fraction (1 + cos(π t/horizon));
 * at step 0, when it is empty, it grows all that it keeps.
 */
export function droppedAndGrown<P extends Params>(
  mask: P,
  { grad, key, count, turnover: { kept, fraction, horizon } }: { readonly grad: P; readonly key: Key; readonly count: Scalar; readonly turnover: Turnover },
): P {
  const held = flat(mask);
  const progress = minimum(mul(cast(count, "float32"), 1 / horizon), 1);
  const share = mul(plus(cos(mul(progress, Math.PI)), 1), (fraction * kept) / 2);
  const free = sub(held.size, sum(held));
  const turned = minimum(where(equal(count, 0), kept, round(share)), free) as Scalar;
  // Entries outside the mask are smaller than any gradient.
  const slopes = where(greaterEqual(held, 0.5), abs(flat(grad)), -1) as Tensor1D;
  const stays = mul(largest(slopes, sub(sum(held), turned)), held);
  const lots = where(less(held, 0.5), uniform(key, [held.size]), -1) as Tensor1D;
  return like(mask, plus<Tensor>(stays, largest(lots, turned)) as Tensor1D);
}
