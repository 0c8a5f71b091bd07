import { add, floor, mul, mod, scalar, type Scalar } from "@tensorflow/tfjs-core";

/** Float32 holds no more binary digits exactly. */
const BITS = 20;

/**
 * The t-th point, t = 0, 1, …, of van der Corput's sequence ½, ¼, ¾, ⅛, …: the binary digits of t + 1, mirrored at the point; the Halton sequence in base 2.
 *
 * Even times [0, 1) more evenly than draws do. Exact up to t = 2²⁰ − 2, where it begins anew.
 */
export function vanDerCorput(t: Scalar): Scalar {
  let rest: Scalar = mod(add(t, 1), 2 ** BITS);
  let point: Scalar = scalar(0);
  for (let bit = 1; bit <= BITS; bit++) {
    point = add(point, mul(mod(rest, 2), 2 ** -bit));
    rest = floor(mul(rest, 0.5));
  }
  return point;
}
