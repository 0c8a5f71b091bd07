export { adversarial } from "./direction/adversarial.ts";
export type { Direction } from "./direction/direction.ts";
export { gaussian } from "./direction/gaussian.ts";
export { mixed } from "./direction/mixed.ts";
export { fixedScale } from "./fixed-scale.ts";
export { mfvi, mixSam, randomSam, sam, type Named } from "./named.ts";
export { klToPrior, type Penalty, type Prior } from "./penalty/kl-to-prior.ts";
export { perturbed, type PerturbedInfo, type PerturbedOptions, type PerturbedState } from "./perturbed.ts";
