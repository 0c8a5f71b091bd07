import { freeEnergyBound, maurer, monteCarloError, thermodynamic, worstRisk } from "@lab/pacbayes";
import type { DrawnRisks } from "./baseline.ts";
import { meanOf, type Rung } from "./rung.ts";
import type { Setting } from "./settings.ts";

/** What is asymptotically certified of one rung: zero-one risk and bounded cross entropy at most their bounds, jointly with `confidence`. */
export type AsymptoticCertificate = {
  readonly method: "central-limit";
  readonly assumption: string;
  readonly confidence: number;
  readonly lambda: number;
  /** r̂ and its zero-one companion are at most these; F and KL at most these, nats. */
  readonly riskUpper: number;
  readonly risk01Upper: number;
  readonly freeEnergyUpper: number;
  readonly klUpper: number;
  readonly bound: number;
  readonly bound01: number;
};

const ASSUMPTION =
  "Asymptotic: the chains are stationary at every rung, their means are normal with the estimated Monte-Carlo errors, and rungs are independent. The left sum leaves no error of quadrature.";

/** z with P(Z > z) ≤ δ for a standard normal Z, by P(Z > z) ≤ e^{−z²/2}/2. */
function deviations(delta: number): number {
  return Math.sqrt(2 * Math.log(1 / (2 * delta)));
}

/**
 * R(ρ_λ) ≤ max over r in [r_low, r_up] of kl⁻¹(r, (F_up − λ n r + ln(2√n/δ)) / n) at every rung above the first, by a Markov chain's central limit theorem.
 *
 * F_up is the left sum and z standard errors. δ_r and δ_F are shared by the rungs compared, δ_r by the two losses as well, so that the best λ may be chosen.
 */
export function asymptoticCertificates(rungs: readonly Rung[], { n, delta, deltaRisk, deltaEvidence }: Setting): readonly AsymptoticCertificate[] {
  const compared = rungs.length - 1;
  const [zRisk, zEvidence] = [deviations(deltaRisk / (4 * compared)), deviations(deltaEvidence / compared)];
  const integrated = thermodynamic(rungs.map(({ lambda, energies }) => ({ lambda, energy: meanOf(energies), error: monteCarloError(energies) })));
  return rungs.slice(1).map(({ lambda, energies, risk01s }, i) => {
    const { upper, upperError } = integrated[i + 1]!.freeEnergy;
    const freeEnergyUpper = upper + zEvidence * upperError;
    const [risk, width] = [meanOf(energies) / n, (zRisk * monteCarloError(energies)) / n];
    const [low, high] = [Math.max(0, risk - width), Math.min(1, risk + width)];
    const risk01Upper = Math.min(1, meanOf(risk01s) + zRisk * monteCarloError(risk01s));
    const klUpper = freeEnergyUpper - lambda * n * low;
    const at = (r: number): number => maurer({ empiricalRisk: r, kl: Math.max(0, freeEnergyUpper - lambda * n * r), n, delta });
    const peak = Math.min(high, Math.max(low, worstRisk(lambda, freeEnergyBound({ lambda, freeEnergy: freeEnergyUpper, n, delta }))));
    // Not `<`: where the intervals contradict each other, or a number is not one, nothing is certified.
    const sound = klUpper >= 0;
    return {
      ...{ method: "central-limit" as const, assumption: ASSUMPTION, confidence: 1 - delta - deltaRisk - deltaEvidence },
      ...{ lambda, riskUpper: high, risk01Upper, freeEnergyUpper, klUpper },
      bound: sound ? Math.max(at(peak), at(low)) : 1,
      bound01: sound ? maurer({ empiricalRisk: risk01Upper, kl: klUpper, n, delta }) : 1,
    };
  });
}

/** The same of a posterior with a known KL and independent draws: δ_F, which is not needed, goes to the two risks. */
export function asymptoticOfDraws(
  { draws, riskCe, varianceCe, risk01, variance01 }: DrawnRisks,
  kl: number,
  { n, delta, deltaRisk, deltaEvidence }: Setting,
): Pick<AsymptoticCertificate, "method" | "assumption" | "confidence" | "bound" | "bound01"> {
  const z = deviations((deltaRisk + deltaEvidence) / 2);
  const bound = (mean: number, variance: number): number => maurer({ empiricalRisk: Math.min(1, mean + z * Math.sqrt(variance / draws)), kl, n, delta });
  return {
    method: "central-limit",
    assumption: "Asymptotic: the mean risk of independent draws is normal. KL is exact.",
    confidence: 1 - delta - deltaRisk - deltaEvidence,
    bound: bound(riskCe, varianceCe),
    bound01: bound(risk01, variance01),
  };
}
