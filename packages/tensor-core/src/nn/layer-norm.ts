import { add, mean, mul, ones, rsqrt, square, sub, sum, zeros, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { hasOwnOperations, ownOperation } from "../engine/own-operation.ts";
import { ShapeError } from "../shapes.ts";
import { checkedSize } from "./dense.ts";
import type { Model } from "./model.ts";
import { withGradient } from "./with-gradient.ts";

/** γ and β, [channel]. */
export type LayerNormParams = { readonly scale: Tensor1D; readonly bias: Tensor1D };

/** Sums over all axes but the last. */
function overRows(x: Tensor): Tensor {
  return sum(
    x,
    x.shape.slice(0, -1).map((_, i) => i),
  );
}

function norm(eps: number): (x: Tensor, scale: Tensor, bias: Tensor) => Tensor {
  return withGradient(([x, scale, bias], save) => {
    const centred = sub(x!, mean(x!, -1, true));
    const inverse = rsqrt(add(mean(square(centred), -1, true), eps));
    const normal = mul(centred, inverse);
    save([normal, inverse, scale!]);
    return {
      value: add(mul(normal, scale!), bias!),
      // (g − mean g − x̂ mean(g x̂)) / σ with g = γ dy
      gradFunc: (dy, [normal, inverse, scale]) => {
        const g = mul(dy, scale!);
        const along = mul(normal!, mean(mul(g, normal!), -1, true));
        return [mul(sub(sub(g, mean(g, -1, true)), along), inverse!), overRows(mul(dy, normal!)), overRows(dy)];
      },
    };
  });
}

/** In one pass over the rows, forwards and backwards. */
function inOnePass(eps: number): (x: Tensor, scale: Tensor, bias: Tensor) => Tensor {
  return withGradient(([x, scale, bias], save) => {
    const [value, mean, inverse] = ownOperation("LabNorm", [x!, scale!, bias!], { results: 3, centred: true, eps });
    save([x!, scale!, mean!, inverse!]);
    return { value: value!, gradFunc: (dy, saved) => ownOperation("LabNormGrad", [...saved, dy], { results: 3, centred: true, eps }) };
  });
}

function normed(eps: number): (x: Tensor, scale: Tensor, bias: Tensor) => Tensor {
  const [own, composed] = [inOnePass(eps), norm(eps)];
  return (...args) => (hasOwnOperations() ? own : composed)(...args);
}

/**
 * y = γ (x − mean x) / √(var x + ε) + β, mean and variance over the last axis [Ba2016, Equation 4]. [..., channel] → [..., channel].
 *
 * @throws RangeError for a size that is none or a negative eps; ShapeError when an input's last axis is not `channels`
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { key, layerNorm } from "@lab/tensor-core";
 * const layer = layerNorm(2);
 * layer.apply(layer.init(key(0)), tensor2d([[1, 3]])).dataSync().map(Math.round); // => Float32Array(2) [ -1, 1 ]
 * ```
 */
export function layerNorm(channels: number, { eps = 1e-5 }: { readonly eps?: number } = {}): Model<LayerNormParams> {
  checkedSize("a layer norm", "channels", channels);
  if (!(eps >= 0)) throw new RangeError(`Cannot lay out a layer norm: expected eps ≥ 0, got ${eps}`);
  const normalised = normed(eps);
  return {
    init: () => ({ scale: ones([channels]), bias: zeros([channels]) }),
    apply({ scale, bias }, x) {
      if (x.shape.at(-1) !== channels)
        throw new ShapeError(`Cannot apply layerNorm: expected a tensor of shape [..., ${channels}], got [${x.shape.join(", ")}]`);
      return normalised(x, scale, bias);
    },
  };
}
