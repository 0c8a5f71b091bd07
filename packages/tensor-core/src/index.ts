export type { Algorithm, LogDensity, Objective, Sampler } from "./algorithm.ts";
export { applyUpdates, hvp, valueAndGrad, type ValueAndGrad } from "./autodiff.ts";
export { termsAndGrad, type TermsAndGrad } from "./autodiff/terms-and-grad.ts";
export type { Checkpoint, Json } from "./checkpoint.ts";
export { categoricalEntropy, categoricalLogDensity } from "./distributions/categorical.ts";
export { categoricalKl, meanFieldKl, normalKl } from "./distributions/kl.ts";
export { meanField, meanFieldDraw, meanFieldLogDensity, type MeanField } from "./distributions/mean-field.ts";
export { normalLogDensity, type Normal } from "./distributions/normal.ts";
export { engine, type Engine, type EngineName, type EngineOptions } from "./engine.ts";
export { adam, adamw, scaleByAdam, type AdamOptions, type AdamState } from "./gradient/adam.ts";
export { clipByNorm, clipByValue } from "./gradient/clip.ts";
export { descent, type DescentInfo, type DescentState } from "./gradient/descent.ts";
export { scaleBy, scaleByLearningRate, scaleBySchedule, type CountState } from "./gradient/learning-rate.ts";
export { momentum, scaleByVelocity, type VelocityOptions, type VelocityState } from "./gradient/momentum.ts";
export {
  constantSchedule,
  cosineSchedule,
  exponentialSchedule,
  joinedSchedule,
  linearSchedule,
  piecewiseSchedule,
  warmupCosineSchedule,
  type Schedule,
} from "./gradient/schedule.ts";
export { sgd } from "./gradient/sgd.ts";
export { chain, type GradientTransform } from "./gradient/transform.ts";
export { addDecayedWeights, type Among } from "./gradient/weight-decay.ts";
export { iterate, jit, type GraphReport, type JitOptions, type Jitted } from "./jit.ts";
export { logProbs, type Autoregressive, type Awaitable, type LogProbs } from "./language/autoregressive.ts";
export { bytePairTokenizer } from "./language/byte-pair-tokenizer.ts";
export { WORDS, type BytePairs } from "./language/byte-pairs.ts";
export { decoderLanguageModel, type DecoderLanguageModel } from "./language/decoder-language-model.ts";
export { generation, type Generated, type GenerationOptions } from "./language/generation.ts";
export { extended, keyValueCache, type Extended, type KeyValueCache } from "./language/key-value-cache.ts";
export { learnedBytePairs, type LearnedBytePairsOptions } from "./language/learned-byte-pairs.ts";
export { sampled, type SampledOptions } from "./language/sampled.ts";
export { tabular, type Tabular, type TabularOptions } from "./language/tabular.ts";
export type { Sequence, Token } from "./language/token.ts";
export type { EncodeOptions, Piece, Tokenizer } from "./language/tokenizer.ts";
export { own, Owned, read, readSync, scoped, type HostArray, type HostTree } from "./memory.ts";
export { gelu, relu, type Activation } from "./nn/activation.ts";
export { attention, causalMask, selfAttention, type AttentionOptions, type AttentionParams, type SelfAttentionOptions } from "./nn/attention.ts";
export { conv2d, type Conv2dOptions, type Conv2dParams } from "./nn/conv2d.ts";
export { accuracy, negativeLogLikelihood, softmaxCrossEntropy } from "./nn/cross-entropy.ts";
export type { DecoderBlockParams, DecoderParams, LinearParams, NormParams } from "./nn/decoder-params.ts";
export { GPT2, LLAMA, type Architecture, type DecoderOptions, type DecoderShape } from "./nn/decoder-shape.ts";
export { decoder, type Attend, type Decoder, type Packing } from "./nn/decoder.ts";
export { dense, type DenseParams } from "./nn/dense.ts";
export { dropout } from "./nn/dropout.ts";
export { embedding, type EmbeddingParams } from "./nn/embedding.ts";
export { glorotUniform, heNormal, lecunNormal, normalInitializer, type Initializer } from "./nn/initializer.ts";
export { layerNorm, type LayerNormParams } from "./nn/layer-norm.ts";
export { lenet, type LenetParams } from "./nn/lenet.ts";
export { mlp, type MlpParams } from "./nn/mlp.ts";
export type { Model } from "./nn/model.ts";
export { averagePool, maxPool, type PoolingOptions } from "./nn/pooling.ts";
export { reluNetwork, type MemberAffine } from "./nn/relu-network.ts";
export { rmsNorm, type RmsNormParams } from "./nn/rms-norm.ts";
export { transformer, type BlockParams, type Transformer, type TransformerOptions, type TransformerParams } from "./nn/transformer.ts";
export { bisection, type Bracket } from "./numeric/bisection.ts";
export { compensatedSum } from "./numeric/compensated-sum.ts";
export { logSumExp } from "./numeric/log-sum-exp.ts";
export { correctedTrapezoid, leftSum, rightSum, trapezoid, type Sampled } from "./numeric/quadrature.ts";
export { quantile } from "./numeric/quantile.ts";
export { emptySummary, merged, observed, summary, variance, type Summary } from "./numeric/summary.ts";
export { bernoulli, categorical, normal, normalLike, permutation, rademacher, truncatedNormal, uniform } from "./random/draw.ts";
export { isKey, key, type Key } from "./random/key.ts";
export { foldIn, split } from "./random/split.ts";
export { uniformNumbers } from "./random/uniform-numbers.ts";
export { run, type Batches, type CheckpointOptions, type Columns, type Run, type RunOptions, type Trace } from "./run.ts";
export { axes, ShapeError } from "./shapes.ts";
export { add, axpy, dot, mul, norm, scale, sub, where, zerosLike } from "./tree/arithmetic.ts";
export { safetensors, storedTensors, type Safetensors, type StoredTensor } from "./tree/safetensors.ts";
export { map, paths, size, tensors, withTensors, type Leaf, type Params, type Tree } from "./tree/tree.ts";
