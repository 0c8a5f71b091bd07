import { add, mul, scalar, sub, type Scalar } from "@tensorflow/tfjs-core";
import { jit, map, readSync, scoped, type Params } from "@lab/tensor-core";

/** Losses at even steps from one network to another, and how far the path rises above the straight line between its ends. */
export type LossPath = { readonly at: readonly number[]; readonly losses: readonly number[]; readonly barrier: number };

/**
 * max_t L((1 − t) a + t b) − [(1 − t) L(a) + t L(b)]: the barrier of the straight path between two networks, at least 0; 0 where they are linearly connected
 * [Frankle2020].
 *
 * `points` values of t, both ends among them; what is reported is the largest of them.
 *
 * @throws RangeError unless points is a whole number of at least 2; TypeError where the trees differ
 * @example
 * ```ts
 * import { scalar, square, sub, type Scalar } from "@tensorflow/tfjs-core";
 * import { lossBarrier } from "@lab/nonident/representation";
 * const loss = ({ w }: { readonly w: Scalar }): Scalar => square(sub(square(w), 1));
 * lossBarrier(loss, [{ w: scalar(-1) }, { w: scalar(1) }], { points: 5 }).barrier; // => 1
 * ```
 */
export function lossBarrier<P extends Params>(
  loss: (params: P) => Scalar,
  [a, b]: readonly [P, P],
  { points = 25 }: { readonly points?: number } = {},
): LossPath {
  if (!(Number.isInteger(points) && points >= 2)) throw new RangeError(`Cannot walk between networks: expected at least 2 points, got ${points}`);
  const at = Array.from({ length: points }, (_, i) => i / (points - 1));
  using between = jit((from: P, to: P, t: Scalar) => loss(map((x, y) => add(mul(x, sub(1, t)), mul(y, t)), from, to)));
  const losses = at.map((t) => {
    let value = 0;
    scoped(() => {
      value = readSync(between(a, b, scalar(t))).data[0]!;
    });
    return value;
  });
  const [first, last] = [losses[0]!, losses.at(-1)!];
  return { at, losses, barrier: Math.max(...losses.map((value, i) => value - ((1 - at[i]!) * first + at[i]! * last))) };
}
