export type { AnswerUnit } from "./cascade/answer-unit.ts";
export {
  fixedThreshold,
  runningQuantile,
  tracking,
  type BudgetState,
  type CallBudget,
  type QuantileState,
  type RunningQuantileOptions,
  type TrackingState,
} from "./cascade/call-budget.ts";
export { callControl, type CallControl, type CallControlOptions } from "./cascade/call-control.ts";
export { callLogit, callLogProbability, logOdds, margin, type CallScore } from "./cascade/call-score.ts";
export { callShares, type CallShares } from "./cascade/call-shares.ts";
export { localContinuation, type Answer, type Continuation, type LocalContinuationOptions } from "./cascade/continuation.ts";
export { decoded, type Decoded, type Decoding } from "./cascade/decoding.ts";
export { decide, generate, type CallDecision, type Emission, type GenerateOptions, type Reason, type SmallModel } from "./cascade/generate.ts";
export { languageStreams, type LanguageStreams } from "./cascade/language-streams.ts";
export { assessed, lossBins, type Assessed, type LossBin, type Proposal } from "./evaluation/acceptability.ts";
export { bootstrap, type BootstrapOptions, type Interval } from "./evaluation/bootstrap.ts";
export { claims, type Claim } from "./evaluation/claim.ts";
export { clozeAccuracy, clozes, factLeakage, holdsAnswer, type Answered, type Cloze } from "./evaluation/fact-leakage.ts";
export { factScore, lengthPenalty, type AtomicFact, type Biography, type FactScore } from "./evaluation/fact-score.ts";
export { calibration, tableScore, type Calibration, type TableScore, type Tally, type Told } from "./evaluation/table-score.ts";
export { verdict, type KnownFacts, type Verdict } from "./evaluation/verdict.ts";
export type { CountMask } from "./evidence/count-mask.ts";
export type { FactMask } from "./evidence/fact-mask.ts";
export type { JudgeMask } from "./evidence/judge-mask.ts";
export type { Noise } from "./evidence/noise.ts";
export type { OtherMask } from "./evidence/other-mask.ts";
export type { ReferenceLoss } from "./evidence/reference-loss.ts";
export { tokenLoss, type TokenLoss } from "./evidence/token-loss.ts";
export { explanation, type ExplainedToken } from "./explanation/explanation.ts";
export { explanationPage, explanationText } from "./explanation/page.ts";
export { proposals } from "./explanation/proposals.ts";
export type { Judge } from "./judge/judge.ts";
export { factsOnly } from "./selection/facts-only.ts";
export { highest } from "./selection/highest.ts";
export { ignored, ignoredFacts } from "./selection/ignored.ts";
export { lacy } from "./selection/lacy.ts";
export { random } from "./selection/random.ts";
export { referenceFacts } from "./selection/reference-facts.ts";
export { rho } from "./selection/rho.ts";
export {
  every,
  excessLoss,
  factual,
  judged,
  negated,
  noise,
  none,
  ownLoss,
  referenceLoss,
  type Mask,
  type TokenScore,
  type TokenSelector,
} from "./selection/selector.ts";
export { callLosses, callMargin, type CallLosses } from "./training/call-losses.ts";
export { delegationLoss } from "./training/delegation-loss.ts";
export type { DelegationOptions } from "./training/delegation.ts";
export { heldOutLosses, type HeldOutLosses, type HeldOutOptions } from "./training/held-out-losses.ts";
export { forwardSteps, pretrain, type PretrainInfo, type PretrainOptions, type PretrainState, type TokenBatch } from "./training/pretrain.ts";
export { pretrained, type PretrainedOptions } from "./training/pretrained.ts";
export { windows, type TokenDocument, type WindowBatch, type WindowOptions } from "./training/windows.ts";
