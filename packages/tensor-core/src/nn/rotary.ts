import { add, concat, cos, exp, expandDims, mul, neg, range, sin, slice, type Tensor } from "@tensorflow/tfjs-core";
import { withGradient } from "./with-gradient.ts";

/** cos and sin of each position's angles, [batch or 1, time, 1, depth]. */
export type Rotation = { readonly cos: Tensor; readonly sin: Tensor };

/** θ_j = position · base^(−2j/depth), j < depth/2, for both halves of the depth; positions float32 [batch or 1, time]. */
export function rotation(positions: Tensor, { depth, base }: { readonly depth: number; readonly base: number }): Rotation {
  const frequencies = exp(mul(range(0, depth / 2, 1, "float32"), (-2 * Math.log(base)) / depth));
  const half = mul(expandDims(expandDims(positions, -1), -1), frequencies);
  const angles = concat([half, half], -1);
  return { cos: cos(angles), sin: sin(angles) };
}

function turned(x: Tensor, cosine: Tensor, sine: Tensor): Tensor {
  const half = x.shape.at(-1)! / 2;
  const from = (start: number): Tensor => slice(x, [0, 0, 0, start], [x.shape[0]!, x.shape[1]!, x.shape[2]!, half]);
  return add(mul(x, cosine), mul(concat([neg(from(half)), from(0)], -1), sine));
}

/**
 * Turns the plane of each pair (x_j, x_{j + depth/2}) by its position's angle, [batch, head, time, depth]: the product of a query and a key then depends
 * on how far apart they are [Su2021, §3.2.2; the pairing of Llama's published weights].
 */
export function rotated(x: Tensor, { cos, sin }: Rotation): Tensor {
  return withGradient(([y], save) => {
    save([cos, sin]);
    return { value: turned(y!, cos, sin), gradFunc: (dy, [c, s]) => [turned(dy, c!, neg(s!))] };
  })(x);
}
