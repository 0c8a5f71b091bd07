import { add, mean, mul, ones, rsqrt, square, sub, sum, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { hasOwnOperations, ownOperation } from "../engine/own-operation.ts";
import { ShapeError } from "../shapes.ts";
import { checkedSize } from "./dense.ts";
import type { Model } from "./model.ts";
import { withGradient } from "./with-gradient.ts";

/** γ, [channel]. */
export type RmsNormParams = { readonly scale: Tensor1D };

function norm(eps: number): (x: Tensor, scale: Tensor) => Tensor {
  return withGradient(([x, scale], save) => {
    const inverse = rsqrt(add(mean(square(x!), -1, true), eps));
    const normal = mul(x!, inverse);
    save([normal, inverse, scale!]);
    return {
      value: mul(normal, scale!),
      // (g − x̂ mean(g x̂)) / rms with g = γ dy
      gradFunc: (dy, [normal, inverse, scale]) => {
        const g = mul(dy, scale!);
        const along = mul(normal!, mean(mul(g, normal!), -1, true));
        return [
          mul(sub(g, along), inverse!),
          sum(
            mul(dy, normal!),
            dy.shape.slice(0, -1).map((_, i) => i),
          ),
        ];
      },
    };
  });
}

/** In one pass over the rows, forwards and backwards; there is no bias to give. */
function inOnePass(eps: number): (x: Tensor, scale: Tensor) => Tensor {
  return withGradient(([x, scale], save) => {
    const [value, mean, inverse] = ownOperation("LabNorm", [x!, scale!, scale!], { results: 3, centred: false, eps });
    save([x!, scale!, mean!, inverse!]);
    return { value: value!, gradFunc: (dy, saved) => ownOperation("LabNormGrad", [...saved, dy], { results: 3, centred: false, eps }).slice(0, 2) };
  });
}

/**
 * y = γ x / √(mean x² + ε) over the last axis [Zhang2019, Equation 4]. [..., channel] → [..., channel].
 *
 * @throws RangeError for a size that is none or a negative eps; ShapeError when an input's last axis is not `channels`
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { key, rmsNorm } from "@lab/tensor-core";
 * const layer = rmsNorm(2, { eps: 0 });
 * layer.apply(layer.init(key(0)), tensor2d([[3, -3]])).dataSync().map(Math.round); // => Float32Array(2) [ 1, -1 ]
 * ```
 */
export function rmsNorm(channels: number, { eps = 1e-6 }: { readonly eps?: number } = {}): Model<RmsNormParams> {
  checkedSize("an RMS norm", "channels", channels);
  if (!(eps >= 0)) throw new RangeError(`Cannot lay out an RMS norm: expected eps ≥ 0, got ${eps}`);
  const [own, composed] = [inOnePass(eps), norm(eps)];
  return {
    init: () => ({ scale: ones([channels]) }),
    apply({ scale }, x) {
      if (x.shape.at(-1) !== channels) throw new ShapeError(`Cannot apply rmsNorm: expected a tensor of shape [..., ${channels}], got [${x.shape.join(", ")}]`);
      return (hasOwnOperations() ? own : composed)(x, scale);
    },
  };
}
