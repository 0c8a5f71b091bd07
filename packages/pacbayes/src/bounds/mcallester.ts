import { complexity, outward, type Bound } from "./bound.ts";

/**
 * R ≤ r̂ + √(c/2), c = (KL(ρ‖π) + ln(2√n/δ)) / n: Pinsker's relaxation of `maurer`, for all ρ at once [McAllester1999; Maurer2004].
 *
 * @throws RangeError as `checkedCertificate`
 * @example
 * ```ts
 * import { mcallester } from "@lab/pacbayes";
 * mcallester({ empiricalRisk: 0.02, kl: 100, n: 60_000, delta: 0.05 }).toFixed(6); // => "0.050165"
 * ```
 */
export const mcallester: Bound = (certificate) => outward(certificate.empiricalRisk + Math.sqrt(complexity(certificate) / 2));
