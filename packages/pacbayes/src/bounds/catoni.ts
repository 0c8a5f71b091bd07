import { checkedCertificate, outward, type Bound } from "./bound.ts";

/**
 * R ≤ (1 − exp(−C r̂ − (KL(ρ‖π) + ln(1/δ)) / n)) / (1 − e^{−C}), for all ρ at once and one C > 0 [Catoni2007, Theorem 1.2.6].
 *
 * C must be fixed before the sample is seen; to choose the best of G values, give each δ/G.
 *
 * @throws RangeError unless C is positive and finite, and as `checkedCertificate`
 * @example
 * ```ts
 * import { catoni } from "@lab/pacbayes";
 * catoni(0.5)({ empiricalRisk: 0.02, kl: 100, n: 60_000, delta: 0.05 }).toFixed(6); // => "0.029604"
 * ```
 */
export function catoni(c: number): Bound {
  if (!(c > 0 && c < Infinity)) throw new RangeError(`Cannot bound the risk: C must be positive and finite, got ${c}`);
  return (certificate) => {
    const { empiricalRisk, kl, n, delta } = checkedCertificate(certificate);
    return outward(Math.expm1(-c * empiricalRisk - (kl - Math.log(delta)) / n) / Math.expm1(-c));
  };
}

/**
 * C* = ln(p (1 − r̂) / (r̂ (1 − p))), p = kl⁻¹(r̂, c): where Catoni's expression with the budget of `maurer` equals `maurer`.
 *
 * The rung of a ladder that minimises `maurer` has λ = C*: a ladder that ends below does not reach far enough.
 *
 * @throws RangeError unless 0 < r̂ ≤ p < 1
 * @example
 * ```ts
 * import { bestCatoni } from "@lab/pacbayes";
 * bestCatoni(0.1, 0.2).toFixed(6); // => "0.810930"
 * ```
 */
export function bestCatoni(empiricalRisk: number, bound: number): number {
  if (!(empiricalRisk > 0 && empiricalRisk <= bound && bound < 1))
    throw new RangeError(`Cannot invert Catoni's bound: expected 0 < empiricalRisk ≤ bound < 1, got ${empiricalRisk} and ${bound}`);
  return Math.log((bound * (1 - empiricalRisk)) / (empiricalRisk * (1 - bound)));
}
