export type { FactMask } from "./evidence/fact-mask.ts";
export type { ReferenceLoss } from "./evidence/reference-loss.ts";
export { tokenLoss, type TokenLoss } from "./evidence/token-loss.ts";
export { highest } from "./selection/highest.ts";
export { lacy } from "./selection/lacy.ts";
export { rho } from "./selection/rho.ts";
export { every, excessLoss, factual, negated, ownLoss, type Mask, type TokenScore, type TokenSelector } from "./selection/selector.ts";
export { delegationLoss, type DelegationOptions } from "./training/delegation-loss.ts";
