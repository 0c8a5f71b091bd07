import { add, clipByValue, less, log, minimum, mul, square, sqrt, sub, where, type Tensor1D } from "@tensorflow/tfjs-core";
import erf from "@stdlib/math-base-special-erf";
import { polynomial } from "./shaped.ts";

/** erf⁻¹(x)/x at w = −ln(1 − x²), for w < 5 in w − 2.5 and beyond in √w − 3 [Giles2012, single precision]. */
const CENTRAL = [1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-6, -3.5233877e-6, 3.43273939e-7, 2.81022636e-8];
const TAIL = [2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844, 0.00134934322, 0.000100950558, -0.000200214257];

/** Φ⁻¹ at a share u ∈ (0, 1) of the way from Φ(low) to Φ(high). */
export function truncated(u: Tensor1D, low: number, high: number): Tensor1D {
  const [from, to] = [erf(low / Math.SQRT2), erf(high / Math.SQRT2)];
  const x = add<Tensor1D>(mul(u, to - from), from);
  const w = mul<Tensor1D>(log(sub(1, square(x))), -1);
  const ratio = where(less(w, 5), polynomial(sub<Tensor1D>(minimum(w, 5), 2.5), CENTRAL), polynomial(sub<Tensor1D>(sqrt(w), 3), TAIL));
  return clipByValue(mul<Tensor1D>(mul(ratio, x), Math.SQRT2), low, high);
}
