import { maurer, centralLimit, effectiveSampleSize, exactDraws, exactPosterior, monteCarloError, withoutMixing } from "@lab/pacbayes";
import type { AnnealedCertificate, AnnealedEvidence, AsymptoticCertificate, GibbsCertificate, PosteriorCertificate } from "@lab/pacbayes";
import type { DrawnRisks } from "./baseline.ts";
import { meanOf, varianceOf, type Rung } from "./rung.ts";
import type { Setting } from "./settings.ts";

/** One certificate for each rung above the first, by draws that are taken for independent and exact: as many as they are effectively. */
export function byExactDraws(rungs: readonly Rung[], setting: Setting): readonly GibbsCertificate[] {
  const { n } = setting;
  return exactDraws(
    rungs.map(({ lambda, energies, risk01s }, i) => {
      const all = energies.length * energies[0]!.length;
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

/** One certificate for each rung above the first, by the central limit theorem of the chains. */
export function byCentralLimit(rungs: readonly Rung[], setting: Setting): readonly AsymptoticCertificate[] {
  return centralLimit(
    rungs.map((rung) => estimate(rung, setting)),
    setting,
  );
}

/** The least certificate of the clamped cross entropy, which takes the place of the zero-one loss: by the central limit theorem, at the same confidence. */
export function clampedByCentralLimit(rungs: readonly Rung[], setting: Setting): number {
  const certificates = byCentralLimit(
    rungs.map((rung) => ({ ...rung, risk01s: rung.clamped })),
    setting,
  );
  return Math.min(...certificates.map(({ zeroOne }) => zeroOne!.bound));
}

function estimate({ lambda, energies, risk01s }: Rung, { n }: Setting) {
  return { lambda, risk: meanOf(energies) / n, error: monteCarloError(energies) / n, risk01: meanOf(risk01s), error01: monteCarloError(risk01s) };
}

/** What annealing certifies at one rung: the smooth loss whatever the chains do, and with the chains' risks, by their central limit theorem, both losses. */
export type Annealed = { readonly evidence: AnnealedEvidence; readonly alone: AnnealedCertificate; readonly withRisks: AsymptoticCertificate };

/** L of the loss, which bounds the zero-one loss by L/ln 2 times itself. */
const LEVEL = 4;

export function byAnnealing(evidence: AnnealedEvidence, rung: Rung, setting: Setting & { readonly compared: number }): Annealed {
  const { n, delta, deltaRisk, deltaEvidence, compared } = setting;
  const alone = withoutMixing({ lambda: rung.lambda, logWeights: evidence.logWeights }, { n, delta, deltaEvidence, level: LEVEL });
  // One interval whose left sum is F_up, known without error. The rung was chosen among all: δ_r is shared by them.
  const below = { lambda: 0, risk: Math.min(1, alone.freeEnergyUpper / (rung.lambda * n)), error: 0, risk01: 1, error01: 0 };
  const [withRisks] = centralLimit([below, estimate(rung, setting)], { n, delta, deltaRisk: deltaRisk / compared, deltaEvidence });
  return { evidence, alone, withRisks: withRisks! };
}

/**
 * The baseline's zero-one certificate by exact draws, without any assumption, at the confidence of the Gibbs posterior's: the δ_F that its exact KL does not need
 * goes to the risk.
 */
export function baselineByExactDraws(
  { draws, risk01, variance01 }: DrawnRisks,
  kl: number,
  { n, delta, deltaRisk, deltaEvidence }: Setting,
): PosteriorCertificate {
  return exactPosterior({ risk: risk01, variance: variance01, kl, draws }, { n, delta, deltaRisk: deltaRisk + deltaEvidence });
}

/** The baseline's certificates by the central limit theorem of independent draws: δ_r + δ_F for each of its risks alone. */
export function baselineByCentralLimit(
  { draws, riskCe, varianceCe, risk01, variance01, riskClamped, varianceClamped }: DrawnRisks,
  kl: number,
  { n, delta, deltaRisk, deltaEvidence }: Setting,
): {
  readonly method: "central-limit";
  readonly assumption: string;
  readonly confidence: number;
  readonly bound: number;
  readonly bound01: number;
  readonly boundClamped: number;
} {
  // P(Z > z) ≤ e^{−z²/2}/2 for a standard normal Z.
  const z = Math.sqrt(2 * Math.log(1 / (deltaRisk + deltaEvidence)));
  const bound = (mean: number, variance: number): number => maurer({ empiricalRisk: Math.min(1, mean + z * Math.sqrt(variance / draws)), kl, n, delta });
  return {
    method: "central-limit",
    assumption: "Asymptotic: the mean risk of independent draws is normal. KL is exact.",
    confidence: 1 - delta - deltaRisk - deltaEvidence,
    bound: bound(riskCe, varianceCe),
    bound01: bound(risk01, variance01),
    boundClamped: bound(riskClamped, varianceClamped),
  };
}
