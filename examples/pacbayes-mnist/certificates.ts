import { effectiveSampleSize, exactDraws, exactPosterior, type GibbsCertificate, type PosteriorCertificate } from "@lab/pacbayes";
import type { DrawnRisks } from "./baseline.ts";
import { meanOf, varianceOf, type Rung } from "./rung.ts";
import type { Setting } from "./settings.ts";

/** One certificate for each rung above the first, by draws that are taken for independent and exact: as many as they are effectively. */
export function gibbsCertificates(rungs: readonly Rung[], setting: Setting): readonly GibbsCertificate[] {
  const { n, draws, chains } = setting;
  return exactDraws(
    rungs.map(({ lambda, energies, risk01s }, i) => {
      const all = draws * chains;
      const effective = Math.min(effectiveSampleSize(energies, { of: "mean" }), effectiveSampleSize(risk01s, { of: "mean" }), all);
      return {
        lambda,
        risk: meanOf(energies) / n,
        variance: varianceOf(energies) / n ** 2,
        risk01: meanOf(risk01s),
        variance01: varianceOf(risk01s),
        draws: i === 0 ? all : Math.max(1, Math.floor(effective)),
      };
    }),
    setting,
  );
}

/**
 * The baseline's zero-one certificate by exact draws, without any assumption, at the confidence of the Gibbs posterior's: the δ_F that its exact KL does not need
 * goes to the risk.
 */
export function baselineCertificate(
  { draws, risk01, variance01 }: DrawnRisks,
  kl: number,
  { n, delta, deltaRisk, deltaEvidence }: Setting,
): PosteriorCertificate {
  return exactPosterior({ risk: risk01, variance: variance01, kl, draws }, { n, delta, deltaRisk: deltaRisk + deltaEvidence });
}
