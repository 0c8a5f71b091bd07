import { complexity, outward, type Bound } from "./bound.ts";

/**
 * R ≤ (√(r̂ + B) + √B)², B = (KL(ρ‖π) + ln(2√n/δ)) / (2n): a relaxation of `maurer`, for all ρ at once [PerezOrtiz2021, Equation 8].
 *
 * Equal to `lambda` at its best λ, and to r̂ + c + √(c (c + 2 r̂)), c = 2B.
 *
 * @throws RangeError as `checkedCertificate`
 * @example
 * ```ts
 * import { quadratic } from "@lab/pacbayes";
 * quadratic({ empiricalRisk: 0.02, kl: 100, n: 60_000, delta: 0.05 }).toFixed(6); // => "0.030544"
 * ```
 */
export const quadratic: Bound = (certificate) => {
  const half = complexity(certificate) / 2;
  return outward((Math.sqrt(certificate.empiricalRisk + half) + Math.sqrt(half)) ** 2);
};
