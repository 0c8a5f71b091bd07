import { mul } from "@tensorflow/tfjs-core";
import { map, type Tree } from "@lab/tensor-core";
import type { Direction } from "./direction.ts";

/**
 * mask ⊙ u: another direction, of which only some entries are followed; its length was taken before [Mi2022].
 *
 * The mask is a tree like the parameters of ones and zeros, float32. For whole tensors that must not be perturbed, `restricted` keeps the radius.
 *
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { key, meanField } from "@lab/tensor-core";
 * import { adversarial, masked } from "@lab/sam-vi";
 * const q = meanField({ w: tensor1d([0, 0]) }, { scale: 0.1 });
 * const u = masked(adversarial(), { w: tensor1d([1, 0]) })(key(0), q, () => ({ w: tensor1d([1, 1]) }));
 * [...u.w.dataSync()].map((x) => x.toFixed(3)); // => [ '1.000', '0.000' ]
 * ```
 */
export function masked(direction: Direction, mask: Tree): Direction {
  return (key, posterior, grad) => map((u, m) => mul(u, m), direction(key, posterior, grad), mask);
}
