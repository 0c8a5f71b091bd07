export { annealedImportance, type AnnealingInfo, type AnnealingOptions, type AnnealingState } from "./annealing/annealed-importance.ts";
export { binaryKl, binaryKlInverse, binaryKlInverseLower } from "./bounds/binary-kl.ts";
export { checkedCertificate, complexity, outward, type Bound, type Certificate } from "./bounds/bound.ts";
export { bestCatoni, catoni } from "./bounds/catoni.ts";
export { freeEnergyBound, freeEnergyCatoni, worstRisk, type FreeEnergyCertificate } from "./bounds/free-energy.ts";
export { bestLambda, lambda } from "./bounds/lambda.ts";
export { maurer } from "./bounds/maurer.ts";
export { mcallester } from "./bounds/mcallester.ts";
export { quadratic } from "./bounds/quadratic.ts";
export { recursiveBounds, type RecursiveStage, type RecursiveStart } from "./bounds/recursive.ts";
export { refinedTolstikhin } from "./bounds/refined-tolstikhin.ts";
export { splitKl, type SplitCertificate } from "./bounds/split-kl.ts";
export { tolstikhin } from "./bounds/tolstikhin.ts";
export { bestPosterior, type BestPosterior, type PosteriorDraws } from "./certify/best-posterior.ts";
export { centralLimit, type AsymptoticCertificate, type AsymptoticInterval, type RungEstimate } from "./certify/central-limit.ts";
export { readCertificate, writeCertificate } from "./certify/certificate-file.ts";
export type { Confidence, RiskInterval, Stated } from "./certify/confidence.ts";
export { exactDraws, exactPosterior, type GibbsCertificate, type PosteriorCertificate, type RungDraws } from "./certify/exact-draws.ts";
export { meanInterval, type MeanOfDraws } from "./certify/mean-interval.ts";
export {
  certificateRecord,
  verification,
  type About,
  type AnyCertificate,
  type CertificateRecord,
  type CertifyInputs,
  type CertifyMethod,
  type Verification,
} from "./certify/record.ts";
export { withoutMixing, type AnnealedCertificate, type AnnealedWeights, type WithoutMixingOptions } from "./certify/without-mixing.ts";
export { autocorrelation } from "./diagnostics/autocorrelation.ts";
export { chains, type Draws } from "./diagnostics/draws.ts";
export { effectiveSampleSize, type EssOf } from "./diagnostics/effective-sample-size.ts";
export { energyFraction } from "./diagnostics/energy.ts";
export { monteCarloError, type ErrorOf } from "./diagnostics/monte-carlo-error.ts";
export { rHat } from "./diagnostics/r-hat.ts";
export { summaries, summary, type DrawsSummary } from "./diagnostics/summary.ts";
export { transitionReport, type TransitionReport } from "./diagnostics/transition-report.ts";
export { acceptanceRatio } from "./evidence/acceptance-ratio.ts";
export { annealedEvidence, type AnnealedEvidence } from "./evidence/annealed-evidence.ts";
export { batchMeans } from "./evidence/batch-means.ts";
export type { EnergyDraws, FreeEnergyEstimate } from "./evidence/checked-rungs.ts";
export { gaussianKl } from "./evidence/gaussian-kl.ts";
export { pathSum } from "./evidence/path-sum.ts";
export type { SumKind } from "./evidence/quadrature-weights.ts";
export { replicated, type Replicated } from "./evidence/replicated.ts";
export { steppingStone } from "./evidence/stepping-stone.ts";
export { thermodynamic, type EnergyEstimate, type Integral, type ThermodynamicRung } from "./evidence/thermodynamic.ts";
export { gaussianPrior, priorDraws, unwhitened, type GaussianPrior } from "./gibbs/gaussian-prior.ts";
export { gibbsPosterior, type Energy } from "./gibbs/gibbs-posterior.ts";
export { checkedLadder, ladder } from "./gibbs/ladder.ts";
export { communicationBarrier, equalExchange, equalKl, type PilotRung } from "./gibbs/placement.ts";
export { adapted, frozen, type AdaptedState } from "./hmc/adapted.ts";
export { chees, frozenChees, type CheesInfo, type CheesOptions, type CheesState, type TrajectoryLearning } from "./hmc/chees.ts";
export { dualAveraging, type DualAveraging, type DualAveragingOptions, type DualAveragingState } from "./hmc/dual-averaging.ts";
export { endpoint, type Dynamics, type PhasePoint } from "./hmc/endpoint.ts";
export { rotation, straight, type Flow } from "./hmc/flow.ts";
export { hmc, type HmcInfo, type HmcOptions, type HmcStart, type HmcState } from "./hmc/hmc.ts";
export { blanes, leapfrog, mclachlan, suzuki, yoshida, yoshida6, type Integrator } from "./hmc/integrator.ts";
export { curved, diagonal, identity, kineticChange, type Metric, type MetricAt } from "./hmc/metric.ts";
export { metropolis, type Verdict } from "./hmc/metropolis.ts";
export { nuts, type NutsInfo, type NutsOptions } from "./hmc/nuts.ts";
export { fixedSteps, jitteredSteps, lasting, type Trajectory } from "./hmc/trajectory.ts";
export { frozenWindows, windowed, type WindowedOptions, type WindowedState } from "./hmc/windowed.ts";
export { mala } from "./langevin/mala.ts";
export { boundedCrossEntropy, type BoundedCrossEntropyOptions } from "./loss/bounded-cross-entropy.ts";
export { clampedCrossEntropy } from "./loss/clamped-cross-entropy.ts";
export { empiricalRisk } from "./loss/empirical-risk.ts";
export { savage } from "./loss/savage.ts";
export { zeroOne } from "./loss/zero-one.ts";
export { boundDescent, type BoundDescentInfo, type BoundDescentState } from "./mean-field/bound-descent.ts";
export { gaussianSampler, type GaussianDraw } from "./mean-field/gaussian-sampler.ts";
export { lambdaDescent, type LambdaDescentInfo, type LambdaDescentOptions, type LambdaDescentState } from "./mean-field/lambda-descent.ts";
export { scaleByLearningRates, type LearningRates } from "./mean-field/learning-rates.ts";
export { meanFieldAtPrior, meanFieldDraw, meanFieldKl, ofRun, type MeanField } from "./mean-field/mean-field.ts";
export {
  bbbObjective,
  lambdaObjective,
  maurerObjective,
  mcallesterObjective,
  quadraticObjective,
  type BoundObjective,
  type ObjectiveOptions,
} from "./mean-field/objective.ts";
export {
  excessObjective,
  recursiveDescent,
  type LossesOf,
  type RecursiveDescentOptions,
  type RecursivePosterior,
  type Rows,
} from "./mean-field/recursive-descent.ts";
export { mlpCentre, wideMlp, type MlpSizes, type WideDense, type WideMlp } from "./network/wide-mlp.ts";
export { annealed, type Climb } from "./tempering/annealed.ts";
export { replicaExchange, type ExchangeInfo, type ExchangeState, type Replicas } from "./tempering/replica-exchange.ts";
