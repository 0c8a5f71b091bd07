import { abs, add, clipByValue, div, fill, maximum, minimum, mul, pow, sign, type Scalar } from "@tensorflow/tfjs-core";
import { map, normalLike, norm, scale, size, split, tensors, uniform, type Key, type Params } from "@lab/tensor-core";
import { onSphere } from "../direction/sphere.ts";

/** In which norm a perturbation is at most ρ. */
export type BallNorm = "l2" | "linf";

/** How a norm bounds: the steepest unit step along a gradient, what brings a point back, and a point drawn inside. */
export type Ball = {
  readonly steepest: <P extends Params>(grad: P) => P;
  readonly projected: <P extends Params>(point: P, rho: number) => P;
  readonly drawn: <P extends Params>(key: Key, like: P, rho: number) => P;
};

const unit = <P extends Params>(x: P): P => scale(1 / Math.sqrt(size(x)), onSphere(x));

export const BALLS: { readonly [Name in BallNorm]: Ball } = {
  l2: {
    steepest: unit,
    // The norm is at least ρ/10³⁰, so that zero stays zero.
    projected: (point, rho) => scale(minimum(1, div(rho, maximum(norm(point), 1e-30))) as Scalar, point),
    drawn(key, like, rho) {
      const [along, out] = split(key);
      return scale(mul(rho, pow(uniform(out), 1 / size(like))) as Scalar, unit(normalLike(along, like)));
    },
  },
  linf: {
    steepest: (grad) => map((g) => sign(g), grad),
    projected: (point, rho) => map((x) => clipByValue(x, -rho, rho), point),
    drawn(key, like, rho) {
      const keys = split(key, tensors(like).length);
      let i = 0;
      return map((x) => add(mul(uniform(keys[i++]!, x.shape), 2 * rho), -rho), like);
    },
  },
};

/** T: what a coordinate is measured in: 1, or |w| where the ball is adaptive [Kwon2021]. */
export function units<P extends Params>(params: P, adaptive: boolean): P {
  return map((w) => (adaptive ? abs(w) : fill(w.shape, 1)), params);
}
