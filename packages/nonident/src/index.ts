export { completionTarget, type CompletionTarget, type CompletionTargetOptions, type Regime } from "./construction/completion-target.ts";
export { equalLoss, type EqualLoss, type EqualLossOptions } from "./construction/equal-loss.ts";
export { leakyMixture, type LeakyMixtureOptions } from "./construction/leaky-mixture.ts";
export { prefixEdit, swapped, tempered, type Edit, type PrefixEdit } from "./construction/prefix-edit.ts";
export { prefixLogProb } from "./construction/prefix-log-prob.ts";
export { reroute } from "./construction/reroute.ts";
export { shotsForEpsilon, type ShotsForEpsilonOptions } from "./construction/shots-for-epsilon.ts";
export { stopInContext, type StopInContext, type StopInContextOptions } from "./construction/stop-in-context.ts";
export type { Twin } from "./construction/twin.ts";
export type { Affine, Norms } from "./ensemble/affine.ts";
export { greedyCompletions, type Completion, type GreedyCompletionsOptions } from "./ensemble/greedy-completions.ts";
export { postNormEnsemble, type EnsembleBlock, type EnsembleOptions, type EnsembleParams, type PostNormEnsemble } from "./ensemble/post-norm-ensemble.ts";
export { behaviourCertificate, leastCertified, type BehaviourCertificate, type BehaviourCertificateOptions } from "./equivalence/behaviour-certificate.ts";
export type { Extent, Pair } from "./equivalence/compared.ts";
export { confidenceSequence, type ConfidenceSequenceOptions } from "./equivalence/confidence-sequence.ts";
export { divergences, type Divergences, type DivergencesOptions } from "./equivalence/divergences.ts";
export { drawnSequence, type DrawnSequence } from "./equivalence/drawn-sequence.ts";
export { equivalent, type Direction, type Equivalence, type EquivalentOptions, type Method } from "./equivalence/equivalent.ts";
export {
  controlVariateKl,
  logRatioKl,
  raoBlackwellKl,
  sampledJs,
  sampledRenyi,
  sampledSquaredHellinger,
  sampledTv,
  squaredLogRatio,
  type Estimate,
  type TailEstimate,
} from "./equivalence/estimators.ts";
export { floored } from "./equivalence/floored.ts";
export { bootstrapInterval, empiricalBernstein, normalInterval, type Interval } from "./equivalence/interval.ts";
export { logRatioDraws, type LogRatioDraws, type LogRatioDrawsOptions } from "./equivalence/log-ratio-draws.ts";
export { automatonKl, automatonModel, type ProbabilisticAutomaton } from "./equivalence/probabilistic-automaton.ts";
export { sequenceKl, type SequenceKl, type SequenceKlOptions } from "./equivalence/sequence-kl.ts";
export { textModel, type TextModelOptions } from "./equivalence/text-model.ts";
export { aNbNaN } from "./language/a-n-b-n-a-n.ts";
export { aNbNcN } from "./language/a-n-b-n-c-n.ts";
export { aNbN } from "./language/a-n-b-n.ts";
export { automaton, type Transitions } from "./language/automaton.ts";
export { baN } from "./language/ba-n.ts";
export { bbaN } from "./language/bba-n.ts";
export { coinMixture, type CoinMixtureOptions } from "./language/coin-mixture.ts";
export { normalForm, type ContextFree, type GrammarSymbol, type NormalForm, type Production } from "./language/context-free.ts";
export { contextFree } from "./language/derivations.ts";
export { dyck } from "./language/dyck.ts";
export { extrapolationLanguages, type ExtrapolationLanguage } from "./language/extrapolation-language.ts";
export { finiteAutomaton, type FiniteAutomatonOptions } from "./language/finite-automaton.ts";
export { ginc, type Ginc, type GincOptions, type GincPrompt } from "./language/ginc.ts";
export type { FiniteGrammar, Grammar } from "./language/grammar.ts";
export { hiddenMarkovMixture, type HiddenMarkov } from "./language/hidden-markov.ts";
export { inside, outside, prefixWeight, type Chart, type LeftCorners } from "./language/inside-outside.ts";
export { members } from "./language/members.ts";
export { minimalAutomaton, type CompleteAutomaton } from "./language/minimal-automaton.ts";
export { nerodeClasses, type NerodeClassesOptions } from "./language/nerode-classes.ts";
export { parity } from "./language/parity.ts";
export { prompts, strings, type Prompts } from "./language/prompts.ts";
export {
  atLeastAsMany,
  balanced,
  before,
  beginsWith,
  equallyMany,
  evenAtEnd,
  evenCount,
  every,
  middle,
  moreBefore,
  not,
  occurs,
  onCompletion,
  some,
  timesAsMany,
  together,
  type Rule,
} from "./language/rule.ts";
export { shuffledDyck } from "./language/shuffled-dyck.ts";
export { stochasticContextFree, type StochasticContextFree } from "./language/stochastic-context-free.ts";
export { tomita } from "./language/tomita.ts";
export { uniformWholeNumber } from "./language/uniform-whole-number.ts";
export type { ClosedModel } from "./model/closed-model.ts";
export { endpoint, type CompletionsClient, type EndpointOptions } from "./model/endpoint.ts";
export { modelOfFile, type ModelFile } from "./model/model-file.ts";
export { grammarNames, namedGrammar } from "./model/named-grammar.ts";
export { uniformMembers } from "./model/uniform-members.ts";
export { enumeratedLogProbs, type EnumeratedLogProbs, type EnumeratedLogProbsOptions } from "./network/enumerated-log-probs.ts";
export { networkLogRatios, type NetworkLogProbs, type NetworkLogRatiosOptions } from "./network/network-log-ratios.ts";
export { balancedByChance, beginsByChance, equalByChance, evenAtEndByChance, evenByChance, nestedByChance, orderedByChance } from "./probe/chance-level.ts";
export { completionDivergence, type Apart, type CompletionDivergence, type CompletionDivergenceOptions } from "./probe/completion-divergence.ts";
export { greedyCompletion, type GreedyCompletion } from "./probe/greedy-completion.ts";
export { coinPrompts, gincPrompts, inContext, type InContextOptions, type InContextPrompts } from "./probe/in-context.ts";
export { contrast, contrastRows, type Behaviour, type Contrast, type ContrastOptions, type ContrastRow, type Probe } from "./probe/probe.ts";
export { ruleExtrapolation, type RuleExtrapolationOptions } from "./probe/rule-extrapolation.ts";
export { rulePosterior, type DescribedRule, type RulePosterior, type RulePosteriorOptions, type RuleSet } from "./probe/rule-posterior.ts";
export { ruleScores, type RuleScores, type RuleScoresOptions } from "./probe/rule-scores.ts";
export { share, type Measurement } from "./probe/share.ts";
export { permutedUnits, rescaledUnits, type HiddenLayer } from "./symmetry/hidden-units.ts";
export { leep, nce, type Labelled } from "./transfer/label-scores.ts";
