import { maurer } from "@lab/pacbayes";
import { ESS_TARGET, R_HAT_TARGET } from "./rung.ts";
import type { Study } from "./study.ts";

/** What the last line of `--json` says of one posterior: risks, its KL in nats per example, and its certificates with their method. */
export type PosteriorSummary = {
  readonly risk01: number;
  readonly riskCe: number;
  readonly klOverN: number;
  readonly klOverNError: number;
  readonly bound01: number;
  readonly boundCe: number;
  /** Of the cross entropy clamped at p = 10⁻⁵ and divided by ln 10⁵, as the literature of mean-field bounds reports it. */
  readonly boundClamped: number;
  readonly method: string;
  readonly assumption: string;
  readonly confidence: number;
  /** The zero-one certificate by draws that are taken for independent and exact: the mean-field Gaussian's are, a chain's only approximate that. */
  readonly exact01: number;
  /** The zero-one bound's point value, no certificate. */
  readonly point01: number;
  readonly testError01: number;
};

export type SettingSummary = {
  readonly name: string;
  readonly classes: number;
  readonly n: number;
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly parameters: number;
  readonly sigmaPrior: number;
  readonly hmc: PosteriorSummary & {
    readonly lambda: number;
    readonly certificateLambda: number;
    readonly klLowerOverN: number;
    readonly klUpperOverN: number;
  };
  readonly meanField: PosteriorSummary & { readonly objective: string };
  /** What factorising loses: by the certificates, and by the point values. */
  readonly gap01: number;
  readonly gapPoint01: number;
  readonly maxRhat: number;
  readonly minEss: number;
  readonly divergences: number;
  readonly acceptance: number;
  readonly gradients: number;
  readonly seconds: number;
  readonly ladder: readonly { readonly [name: string]: number }[];
};

export function summaryOf({
  setting,
  parameters,
  seconds,
  best,
  tightest,
  asymptotic: gibbs,
  exact,
  boundClamped,
  annealed,
  baseline,
  diagnostics,
  curve,
}: Study): SettingSummary {
  const { name, classes, n, side, hidden, priorScale, delta } = setting;
  const { risks, chosen, asymptotic, exact01 } = baseline;
  const hmc = {
    lambda: best.lambda,
    certificateLambda: tightest.lambda,
    risk01: best.risk01,
    riskCe: best.riskCe,
    klOverN: best.kl / n,
    klOverNError: best.klError / n,
    klLowerOverN: best.klLower / n,
    klUpperOverN: best.klUpper / n,
    bound01: tightest.zeroOne!.bound,
    boundCe: Math.min(...gibbs.map(({ bound }) => bound)),
    boundClamped,
    boundCeWithoutMixing: annealed.alone.bound,
    annealed01: annealed.withRisks.zeroOne!.bound,
    method: tightest.method,
    assumption: tightest.assumption,
    confidence: tightest.confidence,
    exact01: Math.min(...exact.map(({ zeroOne }) => zeroOne!.bound)),
    point01: best.bound01,
    testError01: best.testError01,
  };
  const meanField = {
    objective: chosen.objective,
    risk01: risks.risk01,
    riskCe: risks.riskCe,
    klOverN: chosen.kl / n,
    klOverNError: 0,
    bound01: asymptotic.bound01,
    boundCe: baseline.boundCe,
    boundClamped: baseline.boundClamped,
    method: asymptotic.method,
    assumption: asymptotic.assumption,
    confidence: asymptotic.confidence,
    exact01: exact01.bound,
    point01: maurer({ empiricalRisk: risks.risk01, kl: chosen.kl, n, delta }),
    testError01: risks.testError01,
  };
  return {
    ...{ name, classes, n, inputs: side * side, hidden, parameters, sigmaPrior: priorScale, hmc, meanField },
    gap01: meanField.bound01 - hmc.bound01,
    gapPoint01: meanField.point01 - hmc.point01,
    ...diagnostics,
    seconds,
    ladder: curve.map((point) => ({ ...point })),
  };
}

/** What the sampling of a setting should have reached and did not, in words. */
export function missedTargets({ diagnostics: { maxRhat, minEss, divergences } }: Study): readonly string[] {
  return [
    // Not `>` and `<`: NaN is a miss.
    ...(maxRhat <= R_HAT_TARGET ? [] : [`R̂ reaches ${maxRhat.toFixed(3)}.`]),
    ...(minEss >= ESS_TARGET ? [] : [`Some rung has only ${minEss.toFixed(0)} effective draws.`]),
    ...(divergences === 0 ? [] : [`${divergences} divergences.`]),
  ];
}
