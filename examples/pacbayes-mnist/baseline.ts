import { add, concat, mul, tensor1d, where, type Tensor } from "@tensorflow/tfjs-core";
import { chain, cosineSchedule, map, own, read, run, scaleByAdam, scaleBySchedule, split, tensors, type Key } from "@lab/tensor-core";
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
  type MeanField,
  type WideMlp,
} from "@lab/pacbayes";
import type { Kept } from "./kept.ts";
import type { Target } from "./posterior.ts";
import { average, meanOf, varianceOf } from "./rung.ts";
import type { Setting } from "./settings.ts";

/** How one Gaussian is trained: the λ of r̂ + KL/(λn), or NaN for Maurer's bound itself; a start; a learning rate. */
type Recipe = { readonly lambda: number; readonly start: "prior" | "trained mean"; readonly rate: number };

/** A trained Gaussian and its point values. */
export type Candidate = Recipe & {
  readonly objective: string;
  readonly riskCe: number;
  readonly risk01: number;
  readonly testError01: number;
  readonly kl: number;
  readonly bound01: number;
  readonly boundCe: number;
  readonly boundClamped: number;
  readonly run: number;
};

const rates = [0.01, 0.03] as const;
const starts = ["prior", "trained mean"] as const;
/** Draws of each Gaussian for its point values. */
const COMPARED = 100;

/** Each objective at each learning rate from each start; the λ are multiples of the one where the Gibbs posterior's bound is least. */
function recipes(lambda: number): readonly Recipe[] {
  const lambdas = [Number.NaN, lambda / 4, lambda / 2, lambda, 2 * lambda];
  return starts.flatMap((start) => lambdas.flatMap((each) => rates.map((rate) => ({ lambda: each, start, rate }))));
}

/**
 * Factorised Gaussians trained on each objective, at each learning rate, from two starts: the prior, and a mean trained on the risk first. All are one
 * program; the learning rates fall along a cosine. Risks are estimated by draws of their own, each KL is exact.
 */
export async function candidates(
  setting: Setting,
  { energy, prior, errors }: Target,
  { key, kept, lambda }: { readonly key: Key; readonly kept: Kept; readonly lambda: number },
): Promise<{ readonly all: readonly Candidate[]; readonly posterior: MeanField<WideMlp> }> {
  const { n, delta, descent } = setting;
  const plan = recipes(lambda);
  const [warmKey, descentKey, drawKey] = split(key, 3) as [Key, Key, Key];
  const trained = (objective: BoundObjective, steps: number, each: readonly number[]) => {
    const decay = scaleBySchedule(cosineSchedule({ from: 1, to: 0.01, steps }));
    return boundDescent(energy, { objective, transform: chain(scaleByAdam(), decay, scaleByLearningRates(each)) });
  };

  const first = Math.ceil(descent / 4);
  const half = plan.slice(plan.length / 2).map(({ rate }) => rate);
  using narrow = own(() => meanFieldAtPrior(prior, { runs: half.length, logScale: -1 }));
  const riskFirst: BoundObjective = (risk, kl) => add(risk, mul(kl, 0.1 / n));
  using warm = await run(trained(riskFirst, first, half), narrow.value, { key: warmKey, ...kept("baseline, risk first", first) });
  using begin = own(() => map((a, b) => concat([a, b]), meanFieldAtPrior(prior, { runs: half.length }), warm.state.value.posterior));

  using scales = own(() => ({
    maurer: tensor1d(
      plan.map(({ lambda }) => Number.isNaN(lambda)),
      "bool",
    ),
    perNat: tensor1d(plan.map(({ lambda }) => (Number.isNaN(lambda) ? 0 : 1 / (lambda * n)))),
  }));
  const bound = maurerObjective({ n, delta });
  const objective: BoundObjective = (risk, kl) => where(scales.value.maurer, bound(risk, kl), add(risk, mul(kl, scales.value.perNat)) as Tensor);
  using descended = await run(
    trained(
      objective,
      descent,
      plan.map(({ rate }) => rate),
    ),
    begin.value,
    { key: descentKey, ...kept("baseline, descent", descent) },
  );
  const { posterior } = descended.state.value;
  using drawn = await run(gaussianSampler(energy), posterior, {
    key: drawKey,
    ...kept("baseline, comparison", COMPARED),
    record: ({ position }, { likelihood }) => ({ likelihood, ...errors(position) }),
  });
  const { trace } = drawn;
  const [energies, risk01s, clamped, test01s] = [chains(trace.likelihood), chains(trace.risk01), chains(trace.clamped), chains(trace.test01)];
  const all: Candidate[] = [];
  for (const [which, recipe] of plan.entries()) {
    const kl = await exactKl(posterior, which);
    const [riskCe, risk01, testError01] = [meanOf([energies[which]!]) / n, meanOf([risk01s[which]!]), meanOf([test01s[which]!])];
    const bound = (empiricalRisk: number): number => maurer({ empiricalRisk, kl, n, delta });
    const bounds = { bound01: bound(risk01), boundCe: bound(riskCe), boundClamped: bound(meanOf([clamped[which]!])) };
    const objective = Number.isNaN(recipe.lambda) ? "Maurer's bound" : `r̂ + KL/(λn), λ = ${recipe.lambda.toPrecision(3)}`;
    all.push({ ...recipe, objective, riskCe, risk01, testError01, kl, ...bounds, run: which });
  }
  return { all, posterior: own(() => posterior).value };
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
  readonly riskClamped: number;
  readonly varianceClamped: number;
  readonly testError01: number;
};

/** The risks of fresh, exact draws of one run's Gaussian. */
export async function exactRisks(
  setting: Setting,
  { energy, errors }: Target,
  {
    key,
    kept,
    posterior,
    which,
    name,
  }: { readonly name: string; readonly key: Key; readonly kept: Kept; readonly posterior: MeanField<WideMlp>; readonly which: number },
): Promise<DrawnRisks> {
  const { chains: copies, n } = setting;
  const steps = Math.ceil(setting.certified / copies);
  using repeated = own(() => ofRun(posterior, which, { copies }));
  using drawn = await run(gaussianSampler(energy), repeated.value, {
    key,
    ...kept(name, steps),
    record: ({ position }, { likelihood }) => ({ likelihood, ...errors(position) }),
  });
  const { likelihood, risk01, clamped, test01 } = drawn.trace;
  return {
    draws: copies * steps,
    riskCe: average(likelihood) / n,
    varianceCe: varianceOf(chains(likelihood)) / n ** 2,
    risk01: average(risk01),
    variance01: varianceOf(chains(risk01)),
    riskClamped: average(clamped),
    varianceClamped: varianceOf(chains(clamped)),
    testError01: average(test01),
  };
}
