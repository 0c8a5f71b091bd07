import { binaryKlInverse } from "./binary-kl.ts";
import { complexity, outward, type Bound } from "./bound.ts";

/**
 * kl(r̂ ‖ R) ≤ (KL(ρ‖π) + ln(2√n/δ)) / n, hence R ≤ kl⁻¹(r̂, c): losses in [0, 1], n ≥ 8, for all ρ at once [Maurer2004, Theorem 5].
 *
 * Choosing ρ, or its temperature λ, after seeing the sample is free. The prior π must not depend on the sample.
 *
 * @throws RangeError as `checkedCertificate`
 * @example
 * ```ts
 * import { maurer } from "@lab/pacbayes";
 * maurer({ empiricalRisk: 0.02, kl: 100, n: 60_000, delta: 0.05 }).toFixed(10); // => "0.0296398699"
 * ```
 */
export const maurer: Bound = (certificate) => outward(binaryKlInverse(certificate.empiricalRisk, complexity(certificate)));
