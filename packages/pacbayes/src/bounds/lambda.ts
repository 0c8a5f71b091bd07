import { complexity, outward, type Bound, type Certificate } from "./bound.ts";

/**
 * R ≤ r̂/(1 − λ/2) + (KL(ρ‖π) + ln(2√n/δ)) / (n λ (1 − λ/2)), for all ρ and all λ ∈ (0, 2) at once [Thiemann2017, Theorem 3].
 *
 * λ may be chosen after seeing the sample: `bestLambda` is the best one. This λ belongs to the bound; the Gibbs posterior of the same λ minimises it.
 *
 * @throws RangeError unless λ ∈ (0, 2), and as `checkedCertificate`
 * @example
 * ```ts
 * import { lambda } from "@lab/pacbayes";
 * lambda(0.5)({ empiricalRisk: 0.02, kl: 100, n: 60_000, delta: 0.05 }).toFixed(6); // => "0.031520"
 * ```
 */
export function lambda(value: number): Bound {
  if (!(value > 0 && value < 2)) throw new RangeError(`Cannot bound the risk: lambda must be in (0, 2), got ${value}`);
  const slope = 1 - value / 2;
  return (certificate) => outward(certificate.empiricalRisk / slope + complexity(certificate) / (value * slope));
}

/**
 * λ* = 2 / (√(2 n r̂ / (KL(ρ‖π) + ln(2√n/δ)) + 1) + 1), where `lambda` is least for given ρ and equals `quadratic` [Thiemann2017, Equation 6].
 *
 * In (0, 1]: 1 at no empirical risk.
 *
 * @throws RangeError as `checkedCertificate`
 * @example
 * ```ts
 * import { bestLambda } from "@lab/pacbayes";
 * bestLambda({ empiricalRisk: 0, kl: 100, n: 60_000, delta: 0.05 }); // => 1
 * ```
 */
export function bestLambda(certificate: Certificate): number {
  return 2 / (Math.sqrt((2 * certificate.empiricalRisk) / complexity(certificate) + 1) + 1);
}
