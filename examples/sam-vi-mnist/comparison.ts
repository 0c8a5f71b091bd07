import { foldIn, summary, variance, type CheckpointOptions, type Key, type Params } from "@lab/tensor-core";
import type { Progress } from "@lab/tensor-core/report";
import type { Parts } from "./digits.ts";
import type { Kept } from "./kept.ts";
import type { Learner } from "./learners.ts";
import type { ModelName, Scale } from "./settings.ts";
import type { Bench, Choice, Outcome, Score } from "./trained.ts";

/** A mean over seeds and its standard error. */
export type Spread = { readonly mean: number; readonly se: number };
/** One algorithm at its choice, over all seeds. */
export type RunRow = {
  readonly algorithm: string;
  readonly dataset: string;
  readonly model: ModelName;
  readonly kappa: number | null;
  readonly rho: number | null;
  readonly rate: number;
  readonly seeds: number;
  readonly gradientEvaluations: number;
} & { readonly [Name in keyof Outcome]: Spread };
/** One try on the validation digits. */
export type Tried = Choice & Score & { readonly algorithm: string; readonly chosen: boolean };
export type Comparison = { readonly tried: readonly Tried[]; readonly runs: readonly RunRow[] };

/** κ that stands for ∞: nothing of the gradient is left in float32. */
export const ENDLESS = 1e9;

export type Case = {
  readonly model: ModelName;
  readonly dataset: string;
  readonly scale: Scale;
  readonly parts: Parts;
  readonly kept: Kept;
  readonly progress: Progress;
};

/** How many trainings a comparison takes. */
export function trainings<P extends Params>({ learners }: Bench<P>, scale: Scale): number {
  const mixes = mixedKappas(scale).length;
  return learners.reduce((sum, learner) => sum + (isMixed(learner) ? mixes * scale.seeds : grid(learner, scale).length + scale.seeds), 0);
}

const isMixed = <P extends Params>({ tunes }: Learner<P>): boolean => tunes.includes("kappa");
const mixedKappas = ({ kappas }: Scale): readonly number[] => (kappas.length === 0 ? [] : [...kappas, ENDLESS]);

function grid<P extends Params>({ tunes }: Learner<P>, { rates, radii }: Scale): readonly Choice[] {
  return rates.flatMap((rate) => (tunes.includes("rho") ? radii : [0]).map((rho) => ({ rate, rho, kappa: 0 })));
}

/**
 * Each learner tuned on the validation digits with one seed, then trained anew with others and judged on the test digits, all at the same number of gradients.
 * MixSAM takes the choice of SAM, so that κ is all that differs.
 */
export async function compared<P extends Params>(key: Key, bench: Bench<P>, { model, dataset, scale, parts, kept, progress }: Case): Promise<Comparison> {
  const tried: Tried[] = [];
  const runs: RunRow[] = [];
  const choices = new Map<string, Choice>();
  let done = 0;
  const counted = async <T>(name: string, body: (checkpoint: CheckpointOptions) => Promise<T>): Promise<T> => {
    const value = await kept(`${model}, ${dataset}, ${name}`, body);
    progress.update(++done, () => ({}));
    return value;
  };
  for (const learner of bench.learners) {
    if (isMixed(learner)) continue;
    const scores: (Choice & Score)[] = [];
    for (const choice of grid(learner, scale)) {
      const score = await counted(`${learner.name}, tuning ${choice.rate} ${choice.rho}`, async (checkpoint) => {
        using finished = await bench.trained(foldIn(key, 0), learner, choice, { digits: parts.train, checkpoint });
        return await bench.scored(foldIn(key, 1), finished, parts.validation);
      });
      scores.push({ ...choice, ...score });
    }
    const best = scores.reduce((a, b) => (b.accuracy > a.accuracy || (b.accuracy === a.accuracy && b.nll < a.nll) ? b : a));
    tried.push(...scores.map((score) => ({ algorithm: learner.name, ...score, chosen: score === best })));
    choices.set(learner.name, { rate: best.rate, rho: best.rho, kappa: 0 });
  }
  for (const learner of bench.learners) {
    const steps = Math.floor(scale.gradients / learner.gradientsPerStep);
    const all = isMixed(learner) ? mixedKappas(scale).map((kappa) => ({ ...choices.get("SAM")!, kappa })) : [choices.get(learner.name)!];
    for (const choice of all) {
      const outcomes: Outcome[] = [];
      for (let seed = 0; seed < scale.seeds; seed++) {
        outcomes.push(
          await counted(`${learner.name}, ${choice.rate} ${choice.rho} ${choice.kappa}, seed ${seed}`, async (checkpoint) => {
            using finished = await bench.trained(foldIn(key, 10 + seed), learner, choice, { digits: parts.train, checkpoint });
            const score = await bench.scored(foldIn(key, 1000 + seed), finished, parts.test);
            return { ...score, ...(await bench.flatness(foldIn(key, 2000 + seed), finished, parts.measured)) };
          }),
        );
      }
      runs.push({
        algorithm: learner.name,
        dataset,
        model,
        kappa: isMixed(learner) ? choice.kappa : null,
        rho: learner.tunes.includes("rho") ? choice.rho : null,
        rate: choice.rate,
        seeds: scale.seeds,
        gradientEvaluations: steps * learner.gradientsPerStep,
        ...spreads(outcomes),
      });
    }
  }
  return { tried, runs };
}

function spreads(outcomes: readonly Outcome[]): { readonly [Name in keyof Outcome]: Spread } {
  const of = (name: keyof Outcome): Spread => {
    const seen = summary(outcomes.map((outcome) => outcome[name]));
    return { mean: seen.mean, se: Math.sqrt(variance(seen) / seen.count) };
  };
  return { accuracy: of("accuracy"), nll: of("nll"), ece: of("ece"), sharpness: of("sharpness"), trace: of("trace") };
}
