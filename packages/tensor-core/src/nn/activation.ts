import { add, cast, greater, mul, relu as rectified, square, sub, tanh, type Tensor } from "@tensorflow/tfjs-core";
import { hasOwnOperations, ownOperation } from "../engine/own-operation.ts";
import { withGradient } from "./with-gradient.ts";

/** A function of each element. */
export type Activation = <T extends Tensor>(x: T) => T;

const relued = withGradient(([x], save) => {
  const value = rectified(x!);
  save([value]);
  return { value, gradFunc: (dy, [y]) => [mul(dy, cast(greater(y!, 0), "float32"))] };
});

/**
 * max(x, 0) [Nair2010]; its derivative at 0 is 0.
 *
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { relu } from "@lab/tensor-core";
 * relu(tensor1d([-1, 2])).dataSync(); // => Float32Array(2) [ 0, 2 ]
 * ```
 */
export function relu<T extends Tensor>(x: T): T {
  return relued(x) as T;
}

const inOnePass = withGradient(([x], save) => {
  save([x!]);
  return { value: ownOperation("LabGelu", [x!])[0]!, gradFunc: (dy, [x]) => ownOperation("LabGeluGrad", [x!, dy]) };
});

const ROOT = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

const gelued = withGradient(([x], save) => {
  const t = tanh(mul(x!, add(mul(square(x!), ROOT * CUBIC), ROOT)));
  save([x!, t]);
  return {
    value: mul(mul(x!, 0.5), add(t, 1)),
    // ½(1 + t) + ½ x (1 − t²) √(2/π) (1 + 3 · 0.044715 x²)
    gradFunc: (dy, [x, t]) => [mul(dy, mul(add(add(t!, 1), mul(mul(x!, sub(1, square(t!))), add(mul(square(x!), 3 * ROOT * CUBIC), ROOT))), 0.5))],
  };
});

/**
 * ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))): x Φ(x) to within 5 · 10⁻⁴ [Hendrycks2016, §2].
 *
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { gelu } from "@lab/tensor-core";
 * gelu(scalar(1)).dataSync()[0].toFixed(4); // => '0.8412'
 * ```
 */
export function gelu<T extends Tensor>(x: T): T {
  return (hasOwnOperations() ? inOnePass : gelued)(x) as T;
}
