import { div, maximum } from "@tensorflow/tfjs-core";
import { dot, map, norm, scale, sub, type Params } from "@lab/tensor-core";

/** Below it, the squares of float32 vanish. */
const SMALLEST = 1e-30;

/** y/‖y‖ over all leaves; zero where y is zero. */
export function unit<P extends Params>(y: P): P {
  const length = maximum(norm(y), SMALLEST);
  return map((x) => div(x, length), y);
}

/** The part of x that is orthogonal to y: x − ⟨x, ŷ⟩ ŷ; x itself where y is zero. */
export function orthogonal<P extends Params>(x: P, y: P): P {
  const towards = unit(y);
  return sub(x, scale(dot(x, towards), towards));
}
