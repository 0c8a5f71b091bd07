import { join } from "node:path";
import { engine, foldIn, key, own, size, split, type Key } from "@lab/tensor-core";
import { gaussianPrior, mlpCentre, type AsymptoticCertificate, type GibbsCertificate, type PosteriorCertificate } from "@lab/pacbayes";
import { annealed } from "./annealed.ts";
import { candidates, exactRisks, type Candidate, type DrawnRisks } from "./baseline.ts";
import {
  baselineByCentralLimit,
  baselineByExactDraws,
  byAnnealing,
  byCentralLimit,
  byExactDraws,
  clampedByCentralLimit,
  type Annealed,
} from "./certificates.ts";
import { climbed, workOf } from "./climb.ts";
import { curvature as curvatureOf, PILOT_WORK } from "./curvature.ts";
import { curveOf, least, type Point } from "./curve.ts";
import { job } from "./kept.ts";
import { targetOf } from "./posterior.ts";
import { principal } from "./principal.ts";
import { diagnosticsOf, type Diagnostics, type Rung } from "./rung.ts";
import { sampleOf } from "./sample.ts";
import { MANY, type Setting } from "./settings.ts";

/** Everything that one setting gave. */
export type Study = {
  readonly setting: Setting;
  readonly parameters: number;
  readonly seconds: number;
  readonly rungs: readonly Rung[];
  readonly curve: readonly Point[];
  /** The rung with the least zero-one bound, point values. */
  readonly best: Point;
  /** By the central limit theorem, and its rung with the least zero-one bound. */
  readonly asymptotic: readonly AsymptoticCertificate[];
  readonly tightest: AsymptoticCertificate;
  /** Clamped cross entropy at most this, by the central limit theorem. */
  readonly boundClamped: number;
  /** By draws that are taken for exact and independent. */
  readonly exact: readonly GibbsCertificate[];
  /** By annealed importance sampling, at the rung of the tightest. */
  readonly annealed: Annealed;
  readonly baseline: {
    readonly all: readonly Candidate[];
    readonly chosen: Candidate;
    readonly risks: DrawnRisks;
    readonly asymptotic: ReturnType<typeof baselineByCentralLimit>;
    readonly exact01: PosteriorCertificate;
    /** Bounded cross entropy at most this, asymptotically, by the Gaussian with the least such bound. */
    readonly boundCe: number;
    /** The same of the clamped cross entropy. */
    readonly boundClamped: number;
  };
  readonly diagnostics: Diagnostics;
};

export type StudyOptions = {
  readonly seed: number;
  readonly out: string;
  readonly resume: boolean;
  readonly quiet: boolean;
  readonly data: string | undefined;
};

/**
 * One setting from the digits to the certificates: the ladder of Gibbs posteriors, the mean-field Gaussians, and what can be said of each. The same digits,
 * prior, loss, n, δ and theorem for both.
 */
export async function study(setting: Setting, { seed, out, resume, quiet, data }: StudyOptions): Promise<Study> {
  const began = performance.now();
  const { name: engineName } = await engine();
  const { name, side, hidden, classes, priorScale, descent, certified, chains, parts } = setting;
  const [dataKey, ladderKey, baselineKey, annealingKey, pilotKey] = split(key(seed), 5) as [Key, Key, Key, Key, Key];
  const keeping = { folder: join(out, "checkpoints", name), resume, config: { setting, seed, engine: engineName }, quiet, every: setting.n > MANY ? 5 : 50 };

  using sample = await sampleOf(setting, { key: dataKey, folder: data });
  using centre = own(() => mlpCentre({ inputs: side * side, hidden, classes }));
  const prior = gaussianPrior(centre.value, { scale: priorScale });
  const target = targetOf(prior, sample.value);
  using turned = await principal(sample.value);
  const sampled = targetOf(prior, turned.value);

  using ladderJob = job(`${name}: ladder`, PILOT_WORK + workOf(setting), keeping);
  using curvature = await curvatureOf(setting, sampled, { key: pilotKey, kept: ladderJob.kept });
  const rungs = await climbed(setting, sampled, { key: ladderKey, kept: ladderJob.kept, curvature: curvature.value });
  ladderJob[Symbol.dispose]();
  const curve = curveOf(rungs, setting);
  const best = least(curve, ({ bound01 }) => bound01);
  const asymptotic = byCentralLimit(rungs, setting);
  const tightest = least(asymptotic, ({ zeroOne }) => zeroOne!.bound);
  const upTo = rungs.slice(0, 1 + rungs.findIndex(({ lambda }) => lambda === tightest.lambda));

  using annealingJob = job(`${name}: annealing`, (upTo.length - 1) * parts, keeping);
  const evidence = await annealed(setting, sampled, { key: annealingKey, kept: annealingJob.kept, climbed: upTo, curvature: curvature.value });
  annealingJob[Symbol.dispose]();

  using baselineJob = job(`${name}: baseline`, Math.ceil(descent / 4) + descent + 100 + 3 * Math.ceil(certified / chains), keeping);
  const { kept } = baselineJob;
  const { all, posterior } = await candidates(setting, target, { key: foldIn(baselineKey, 0), kept, lambda: best.lambda });
  using trained = own(() => posterior);
  const chosen = least(all, ({ bound01 }) => bound01);
  const chosenCe = least(all, ({ boundCe }) => boundCe);
  const drawsOf = (name: string, number: number, which: number) =>
    exactRisks(setting, target, { key: foldIn(baselineKey, number), kept, posterior: trained.value, which, name: `baseline, draws${name}` });
  const risks = await drawsOf("", 1, chosen.run);
  const risksCe = chosenCe === chosen ? risks : await drawsOf(" of the least cross entropy", 2, chosenCe.run);
  const chosenClamped = least(all, ({ boundClamped }) => boundClamped);
  const already = chosenClamped === chosen ? risks : chosenClamped === chosenCe ? risksCe : undefined;
  const risksClamped = already ?? (await drawsOf(" of the least clamped cross entropy", 3, chosenClamped.run));

  return {
    setting,
    parameters: size(centre.value),
    rungs,
    curve,
    best,
    asymptotic,
    tightest,
    boundClamped: clampedByCentralLimit(rungs, setting),
    exact: byExactDraws(rungs, setting),
    annealed: byAnnealing(evidence, upTo.at(-1)!, { ...setting, compared: asymptotic.length }),
    baseline: {
      ...{ all, chosen, risks },
      asymptotic: baselineByCentralLimit(risks, chosen.kl, setting),
      exact01: baselineByExactDraws(risks, chosen.kl, setting),
      boundCe: baselineByCentralLimit(risksCe, chosenCe.kl, setting).bound,
      boundClamped: baselineByCentralLimit(risksClamped, chosenClamped.kl, setting).boundClamped,
    },
    diagnostics: diagnosticsOf(rungs),
    seconds: (performance.now() - began) / 1000,
  };
}
