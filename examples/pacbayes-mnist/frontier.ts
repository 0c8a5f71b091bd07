import { least } from "./curve.ts";
import type { Study } from "./study.ts";

/** A posterior of one λ: its risk, its KL per example and its bound; point values. */
export type FrontierPoint = {
  readonly posterior: string;
  readonly lambda: number;
  readonly klOverN: number;
  readonly risk01: number;
  readonly bound01: number;
};

export function gibbsFrontier({ setting: { n }, curve }: Study): readonly FrontierPoint[] {
  return curve.map(({ lambda, klUpper, risk01, bound01 }) => ({ posterior: "Gibbs, HMC", lambda, klOverN: klUpper / n, risk01, bound01 }));
}

/** At each λ the Gaussian with the least r̂ + KL/(λn) of those that were trained on it. */
export function meanFieldFrontier({ setting: { n }, baseline: { all } }: Study): readonly FrontierPoint[] {
  const lambdas = [...new Set(all.map(({ lambda }) => lambda))].filter((lambda) => !Number.isNaN(lambda)).toSorted((a, b) => a - b);
  return lambdas.map((lambda) => {
    const trained = all.filter((candidate) => candidate.lambda === lambda);
    const { kl, risk01, bound01 } = least(trained, (candidate) => candidate.riskCe + candidate.kl / (lambda * n));
    return { posterior: "mean-field Gaussian", lambda, klOverN: kl / n, risk01, bound01 };
  });
}
