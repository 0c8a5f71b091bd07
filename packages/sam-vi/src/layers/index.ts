export { asam, mfvi, mixSam, randomSam, sam, variationalSam } from "./named.ts";
export { PerturbedOptimizer, type Weights } from "./perturbed-optimizer.ts";
export { resnet18 } from "./resnet18.ts";
export { sampled, type SampledOptions } from "./sampled.ts";
export type { DirectionName, PerturbedSettings } from "./settings.ts";
export { trainedOnBatch, type Fed } from "./trained-on-batch.ts";
