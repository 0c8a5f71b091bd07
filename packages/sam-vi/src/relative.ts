import { abs, add, broadcastTo, onesLike, sqrt, square, sum, type Tensor } from "@tensorflow/tfjs-core";
import { paths, tensors, withTensors, type Among } from "@lab/tensor-core";
import type { Relative } from "./followed-scale.ts";

function each(tensorOf: (x: Tensor) => Tensor, { eta = 0, among = () => true }: RelativeOptions): Relative {
  if (!(eta >= 0 && eta < Infinity)) throw new RangeError(`Cannot scale by the weights: expected eta in [0, ∞), got ${eta}`);
  return (mean) => {
    const names = paths(mean);
    return withTensors(
      mean,
      tensors(mean).map((x, i) => (among(names[i]!, x) ? add(tensorOf(x), eta) : onesLike(x))),
    );
  };
}

/** ‖x‖ over some axes, all of them unless told, in the shape of x. */
function lengths(x: Tensor, over?: number[]): Tensor {
  return broadcastTo(sqrt(sum(square(x), over, true)), x.shape);
}

export type RelativeOptions = {
  /** Added to T, so that weights at zero are perturbed too. */
  readonly eta?: number;
  /** Where T is what it says; it is 1 elsewhere. */
  readonly among?: Among;
};

/**
 * T = |w| + η, element by element: the ball of adaptive SAM, which does not change when layers are rescaled against each other [Kwon2021].
 *
 * @throws RangeError unless eta is finite and not negative
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { elementwise } from "@lab/sam-vi";
 * elementwise({ eta: 1 })({ w: tensor1d([-2, 0]) }).w.dataSync(); // => Float32Array(2) [ 3, 1 ]
 * ```
 */
export function elementwise(options: RelativeOptions = {}): Relative {
  return each((x) => abs(x), options);
}

/**
 * T = ‖filter‖ + η: one number for all weights that lead to one output, those with the same last index; ‖w‖ of a vector [Kwon2021].
 *
 * @throws RangeError unless eta is finite and not negative
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { filterwise } from "@lab/sam-vi";
 * filterwise()({ w: tensor2d([[3, 1], [4, 0]]) }).w.dataSync(); // => Float32Array(4) [ 5, 1, 5, 1 ]
 * ```
 */
export function filterwise(options: RelativeOptions = {}): Relative {
  return each((x) => lengths(x, x.rank < 2 ? undefined : x.shape.slice(1).map((_, axis) => axis)), options);
}

/**
 * T = ‖w‖ + η of the whole tensor.
 *
 * @throws RangeError unless eta is finite and not negative
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { layerwise } from "@lab/sam-vi";
 * layerwise()({ w: tensor2d([[3, 0], [0, 4]]) }).w.dataSync(); // => Float32Array(4) [ 5, 5, 5, 5 ]
 * ```
 */
export function layerwise(options: RelativeOptions = {}): Relative {
  return each((x) => lengths(x), options);
}
