import { add, concat, mul, type Tensor } from "@tensorflow/tfjs-core";
import { chain, map, own, read, run, scaleByAdam, split, tensors, type Key, type RunOptions } from "@lab/tensor-core";
import {
  boundDescent,
  chains,
  gaussianKl,
  gaussianSampler,
  maurer,
  maurerObjective,
  meanFieldAtPrior,
  ofRun,
  scaleByLearningRates,
  type BoundObjective,
  type Energy,
  type GaussianPrior,
  type MeanField,
  type WideMlp,
} from "@lab/pacbayes";
import { average, meanOf, varianceOf } from "./rung.ts";
import type { Settings } from "./settings.ts";

/** What the baseline shares with the Gibbs posterior. */
export type Problem = {
  readonly energy: Energy<WideMlp>;
  readonly prior: GaussianPrior<WideMlp>;
  readonly errors: (position: WideMlp) => { readonly risk01: Tensor; readonly test01: Tensor };
  readonly settings: Settings;
  readonly kept: (name: string, steps: number) => Pick<RunOptions<never, never, never, never>, "steps" | "checkpoint" | "progress">;
};

/** A trained Gaussian and its point values. */
export type Candidate = {
  readonly objective: string;
  readonly start: string;
  readonly rate: number;
  readonly risk01: number;
  readonly kl: number;
  readonly bound01: number;
  readonly boundCe: number;
  readonly run: number;
};

const rates = [0.003, 0.01, 0.03, 0.1];

/**
 * Factorised Gaussians trained on each objective, at four learning rates from two starts each: the prior, and a mean trained on the risk first. Eight runs
 * are one program; their risks are estimated by draws of their own.
 */
export async function candidates(
  key: Key,
  problem: Problem,
  objectives: { readonly [name: string]: BoundObjective },
): Promise<{ readonly all: readonly Candidate[]; readonly posteriors: { readonly [objective: string]: MeanField<WideMlp> } }> {
  const { energy, prior, errors, settings, kept } = problem;
  const { n, delta } = settings;
  const [warmKey, ...keys] = split(key, 1 + Object.keys(objectives).length);
  const trained = (objective: BoundObjective, each: readonly number[]) =>
    boundDescent(energy, { objective, transform: chain(scaleByAdam(), scaleByLearningRates(each)) });
  using narrow = own(() => meanFieldAtPrior(prior, { runs: rates.length, logScale: -1 }));
  const riskFirst: BoundObjective = (risk, kl) => add(risk, mul(kl, 0.1 / n));
  using warm = await run(
    trained(
      riskFirst,
      rates.map(() => 0.02),
    ),
    narrow.value,
    { key: warmKey!, ...kept("baseline, risk first", Math.ceil(settings.descent / 4)) },
  );
  using starts = own(() => map((a, b) => concat([a, b]), meanFieldAtPrior(prior, { runs: rates.length }), warm.state.value.posterior));
  const all: Candidate[] = [];
  const posteriors: { [objective: string]: MeanField<WideMlp> } = {};
  for (const [i, [name, objective]] of Object.entries(objectives).entries()) {
    const [descentKey, drawKey] = split(keys[i]!);
    using descended = await run(trained(objective, [...rates, ...rates]), starts.value, {
      key: descentKey,
      ...kept(`baseline ${i + 1}, descent`, settings.descent),
      record: (_, { objective }) => ({ objective }),
    });
    const { posterior } = descended.state.value;
    posteriors[name] = own(() => posterior).value;
    using drawn = await run(gaussianSampler(energy), posterior, {
      key: drawKey,
      ...kept(`baseline ${i + 1}, comparison`, 100),
      record: ({ position }, { likelihood }) => ({ likelihood, ...errors(position) }),
    });
    const [energies, risk01s] = [chains(drawn.trace.likelihood), chains(drawn.trace.risk01)];
    for (const which of [...rates, ...rates].keys()) {
      const kl = await exactKl(posterior, which);
      const [risk01, riskCe] = [meanOf([risk01s[which]!]), meanOf([energies[which]!]) / n];
      const [bound01, boundCe] = [risk01, riskCe].map((empiricalRisk) => maurer({ empiricalRisk, kl, n, delta })) as [number, number];
      all.push({
        objective: name,
        start: which < rates.length ? "prior" : "trained mean",
        rate: rates[which % rates.length]!,
        risk01,
        kl,
        bound01,
        boundCe,
        run: which,
      });
    }
  }
  return { all, posteriors };
}

/** The KL of one run's Gaussian, in float64. */
async function exactKl(posterior: MeanField<WideMlp>, which: number): Promise<number> {
  using single = own(() => ofRun(posterior, which));
  const { mean, logScale } = await read({ mean: tensors(single.value.mean), logScale: tensors(single.value.logScale) });
  return mean.reduce((sum, m, leaf) => sum + gaussianKl(m.data, logScale[leaf]!.data), 0);
}

/** Mean risks over exact draws, and their variances from draw to draw. */
export type DrawnRisks = {
  readonly draws: number;
  readonly riskCe: number;
  readonly varianceCe: number;
  readonly risk01: number;
  readonly variance01: number;
  readonly testError01: number;
};

/** The risks of fresh, exact draws of one run's Gaussian. */
export async function certified(key: Key, { energy, errors, settings, kept }: Problem, posterior: MeanField<WideMlp>, which: number): Promise<DrawnRisks> {
  const copies = settings.chains;
  const steps = Math.ceil(settings.certified / copies);
  using repeated = own(() => ofRun(posterior, which, { copies }));
  using drawn = await run(gaussianSampler(energy), repeated.value, {
    key,
    ...kept("baseline, draws", steps),
    record: ({ position }, { likelihood }) => ({ likelihood, ...errors(position) }),
  });
  const { likelihood, risk01, test01 } = drawn.trace;
  return {
    draws: copies * steps,
    riskCe: average(likelihood) / settings.n,
    varianceCe: varianceOf(chains(likelihood)) / settings.n ** 2,
    risk01: average(risk01),
    variance01: varianceOf(chains(risk01)),
    testError01: average(test01),
  };
}

/** The objectives: the bound itself, and r̂ + KL/(λn), which ρ_λ minimises among all posteriors. */
export function objectives({ n, delta }: Settings, lambda: number): { readonly [name: string]: BoundObjective } {
  return { "Maurer's bound": maurerObjective({ n, delta }), [`r̂ + KL/(λn), λ = ${lambda.toPrecision(3)}`]: (risk, kl) => add(risk, mul(kl, 1 / (lambda * n))) };
}
