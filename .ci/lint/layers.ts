/** The package that every other one stands on, and that stands on none of ours. */
export const GROUND = "tensor-core";
/** The packages that import only the ground and tfjs-core, never each other. */
export const SCIENCE: readonly string[] = ["pacbayes", "sam-vi", "lacy", "nonident"];
/** Folders that may import every package. */
export const ASSEMBLIES: readonly string[] = ["examples", "bench", "docs"];

/** Where, under `packages/tensor-core/src`, tensors may be freed, read, differentiated, drawn, and engines chosen. */
export const EFFECT_ROOTS: readonly string[] = ["memory", "run", "autodiff", "jit", "engine", "random"];
/** A folder that adapts to `tf.Optimizer`, and must speak TensorFlow.js's own way. */
export const EFFECT_EXCEPTION = "packages/sam-vi/src/layers/";

/** Float64 and plain JavaScript: folders that import nothing from TensorFlow.js. */
export const NUMBER_WORLD: readonly string[] = [
  "packages/nonident/src/construction/",
  "packages/lacy/src/corpus/",
  "packages/lacy/src/evaluation/",
  "packages/lacy/src/facts/",
  "packages/lacy/src/judge/",
  "packages/nonident/src/equivalence/",
  "packages/nonident/src/language/",
  "packages/nonident/src/probe/",
  "packages/nonident/src/representation/",
  "packages/nonident/src/transfer/",
  "packages/pacbayes/src/bounds/",
  "packages/pacbayes/src/certify/",
  "packages/pacbayes/src/diagnostics/",
  "packages/pacbayes/src/evidence/",
  "packages/pacbayes/src/gibbs/ladder.ts",
  "packages/sam-vi/src/uncertainty/",
  "packages/sam-vi/src/illustration/",
  "packages/tensor-core/src/numeric/",
  "packages/tensor-core/src/report/",
];

/** Names that say nothing about what a file holds. */
export const EMPTY_NAMES: readonly string[] = ["utils", "util", "helpers", "helper", "common", "types", "misc"];
