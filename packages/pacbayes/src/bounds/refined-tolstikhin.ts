import { complexity, outward, type Bound } from "./bound.ts";

/**
 * R ≤ r̂ + √(2 r̂ c) + c, c = (KL(ρ‖π) + ln(2√n/δ)) / n: `tolstikhin` with half its last term, for all ρ at once.
 *
 * It lies above `maurer`: with s = √(2c/r̂), kl(r̂ ‖ r̂ (1 + s + s²/2)) ≥ c follows from eˢ ≥ 1 + s + s²/2. A bound of this type is called RTS in
 * [GarciaPerez2025].
 *
 * @throws RangeError as `checkedCertificate`
 * @example
 * ```ts
 * import { refinedTolstikhin } from "@lab/pacbayes";
 * refinedTolstikhin({ empiricalRisk: 0.02, kl: 100, n: 60_000, delta: 0.05 }).toFixed(6); // => "0.030352"
 * ```
 */
export const refinedTolstikhin: Bound = (certificate) => {
  const c = complexity(certificate);
  return outward(certificate.empiricalRisk + Math.sqrt(2 * certificate.empiricalRisk * c) + c);
};
