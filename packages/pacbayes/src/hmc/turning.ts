import {
  any,
  equal,
  expandDims,
  gather,
  greaterEqual,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  mod,
  mul,
  range,
  sub,
  sum,
  tensor1d,
  where,
} from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";

/**
 * Of each balanced subtree that is still open: the velocity at its first leaf, and the sum of momenta before that leaf; [chain, level, coordinate].
 *
 * A tree of 2ʲ leaves has at most j subtrees open at once, so that memory grows with the logarithm of its size.
 */
export type OpenSubtrees = { readonly velocities: Tensor; readonly sums: Tensor };

/** Where leaf n = 0, 1, … of a subtree of up to 2^{levels−1} leaves opens subtrees, and which ones it closes. */
export type Levels = { readonly opens: Tensor1D; readonly from: Tensor1D; readonly to: Tensor1D };

function ones(n: number): number {
  return n === 0 ? 0 : (n & 1) + ones(n >> 1);
}

function trailingOnes(n: number): number {
  return (n & 1) === 0 ? 0 : 1 + trailingOnes(n >> 1);
}

/**
 * An even leaf n opens the subtrees that begin with it, at the level that counts the ones of n/2; an odd leaf closes as many subtrees as n ends in ones
 * [Phan2019, appendix A].
 */
export function levels(count: number): Levels {
  const leaves = Array.from({ length: 2 ** Math.max(0, count - 1) }, (_, n) => n);
  const table = (of: (n: number) => number): Tensor1D => tensor1d(Int32Array.from(leaves, of), "int32");
  return { opens: table((n) => ones(n >> 1)), from: table((n) => ones(n >> 1) - trailingOnes(n) + 1), to: table((n) => ones(n >> 1)) };
}

/** A leaf: its velocity, and the sums of momenta over the subtree before and after it; [chain, coordinate]. */
export type Leaf = { readonly velocity: Tensor2D; readonly before: Tensor2D; readonly after: Tensor2D };

/**
 * The subtrees that are open after leaf n [chain], and whether one that it closes turns back on itself: ⟨D p_first, ρ⟩ ≤ 0 or ⟨D p_last, ρ⟩ ≤ 0, ρ the sum of its
 * momenta [Betancourt2017, §A.4.2].
 */
export function closed(
  tables: Levels,
  { velocities, sums }: OpenSubtrees,
  { n, velocity, before, after }: Leaf & { readonly n: Tensor1D },
): { readonly open: OpenSubtrees; readonly turns: Tensor } {
  const odd = expandDims(equal(mod(n, 2), 1), 1);
  const level = expandDims(range(0, velocities.shape[1]!, 1, "int32"), 0);
  const at = (table: Tensor1D): Tensor => expandDims(gather(table, n), 1);
  const writes = expandDims(logicalAnd(equal(level, at(tables.opens)), logicalNot(odd)), 2);
  const open = {
    velocities: where(writes, expandDims(velocity, 1), velocities),
    sums: where(writes, expandDims(before, 1), sums),
  };
  const closes = logicalAnd(odd, logicalAnd(greaterEqual(level, at(tables.from)), lessEqual(level, at(tables.to))));
  const within = sub(expandDims(after, 1), sums);
  const back = logicalOr(lessEqual(sum(mul(within, velocities), 2), 0), lessEqual(sum(mul(within, expandDims(velocity, 1)), 2), 0));
  return { open, turns: any(logicalAnd(closes, back), 1) };
}
