export { algorithmLaws, type AlgorithmTrial } from "./algorithm-laws.ts";
export type { Law } from "./law.ts";
export { effectiveDraws, expectation, type Draws, type Estimate } from "./monte-carlo.ts";
export { noLeaks } from "./no-leaks.ts";
export { samplerLaws, type SamplerTrial } from "./sampler-laws.ts";
export { transformLaws, type TransformTrial } from "./transform-laws.ts";
