import { complexity, outward, type Bound } from "./bound.ts";

/**
 * R ≤ r̂ + √(2 r̂ c) + 2c, c = (KL(ρ‖π) + ln(2√n/δ)) / n: a relaxation of `maurer`, for all ρ at once [Tolstikhin2013, Equation 3].
 *
 * @throws RangeError as `checkedCertificate`
 * @example
 * ```ts
 * import { tolstikhin } from "@lab/pacbayes";
 * tolstikhin({ empiricalRisk: 0.02, kl: 100, n: 60_000, delta: 0.05 }).toFixed(6); // => "0.032172"
 * ```
 */
export const tolstikhin: Bound = (certificate) => {
  const c = complexity(certificate);
  return outward(certificate.empiricalRisk + Math.sqrt(2 * certificate.empiricalRisk * c) + 2 * c);
};
