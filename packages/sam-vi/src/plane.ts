import { abs, add, div, log, logSumExp, neg, square, stack, sub, type Scalar } from "@tensorflow/tfjs-core";
import { BASINS } from "./illustration/two-basins.ts";

/** A point of the plane as parameters. */
export type PlaneParams = { readonly t0: Scalar; readonly t1: Scalar };

/**
 * `twoBasins` as a loss of parameters: what the members of the family descend in the illustration [Ujvary2022].
 *
 * Descent on it from the sharp basin need not leave it: claim the lower smoothed loss of the flat minimum, not an escape.
 *
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { planeLoss } from "@lab/sam-vi";
 * planeLoss({ t0: scalar(20), t1: scalar(30) }).dataSync()[0].toFixed(4); // => '0.5108'
 * ```
 */
export function planeLoss({ t0, t1 }: PlaneParams): Scalar {
  const terms = BASINS.map(({ m, s, a, b }) => {
    const energy = sub(add(div(add(square(sub(t0, m)), square(t1)), 2 * s ** 2), Math.log(s)), log(abs(t1)));
    return sub(Math.log(a), div(energy, b ** 2));
  });
  return neg(logSumExp(stack(terms)));
}
