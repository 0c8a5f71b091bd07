import { abs, div, max, maximum, mul, type Scalar } from "@tensorflow/tfjs-core";
import { map, norm, size, tensors, type Params } from "@lab/tensor-core";

/** The smallest normal number of float32, about. */
const SMALLEST = 1.2e-38;

/**
 * √D x / ‖x‖, the norm taken over all leaves together; zero where x is zero.
 *
 * The largest entry is divided out first: the squares of entries below 10⁻²³ would vanish in float32. After that the norm is at least one, unless x is zero.
 */
export function onSphere<P extends Params>(x: P): P {
  const largest = tensors(x)
    .map((leaf) => max<Scalar>(abs(leaf)))
    .reduce((a, b) => maximum(a, b));
  const scaled = map((leaf) => div(leaf, maximum(largest, SMALLEST)), x);
  const length = div(Math.sqrt(size(x)), maximum(norm(scaled), 1));
  return map((leaf) => mul(leaf, length), scaled);
}
