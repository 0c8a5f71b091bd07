import { stack, tidy, Variable, type Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { foldIn, key, meanFieldDraw } from "@lab/tensor-core";
import { PerturbedOptimizer, type Weights } from "./perturbed-optimizer.ts";

export type SampledOptions = {
  /** S: draws from the posterior. */
  readonly samples?: number;
  readonly seed?: number;
  /** Examples that `predict` takes at once. */
  readonly batchSize?: number;
};

/**
 * f(x; w_s), w_s ~ q, s = 1 … S: a model's outputs at draws from the posterior that its optimizer holds, [sample, batch, ...].
 *
 * The mean over the first axis is the posterior's prediction (1/S) Σ p(y | x, w_s), if the outputs are probabilities [Blundell2015, §2]. For `mfvi` and
 * `variationalSam` the scales are the learned ones, else ρ/√D. The weights are as before afterwards, also if the model throws.
 *
 * @throws TypeError unless the model was compiled with an optimizer of this module and has one output; RangeError unless samples is a whole number ≥ 1
 * @example
 * ```ts
 * import { ones, train } from "@tensorflow/tfjs-core";
 * import { layers, sequential } from "@tensorflow/tfjs-layers";
 * import { randomSam, sampled } from "@lab/sam-vi/layers";
 * const model = sequential({ layers: [layers.dense({ units: 3, inputShape: [2], activation: "softmax" })] });
 * model.compile({ optimizer: randomSam(train.sgd(0.1)), loss: "categoricalCrossentropy" });
 * sampled(model, ones([5, 2]), { samples: 4 }).shape; // => [ 4, 5, 3 ]
 * ```
 */
export function sampled(model: LayersModel, x: Tensor | Tensor[], { samples = 16, seed = 0, batchSize = 32 }: SampledOptions = {}): Tensor {
  if (!(Number.isInteger(samples) && samples >= 1)) throw new RangeError(`Cannot sample: expected a whole number of samples of at least 1, got ${samples}`);
  const { optimizer } = model;
  if (!(optimizer instanceof PerturbedOptimizer)) throw new TypeError("Cannot sample: expected a model compiled with an optimizer of @lab/sam-vi/layers");
  const variables = model.trainableWeights.map((weight) => weight.read()).filter((each) => each instanceof Variable);
  return tidy(() => {
    const posterior = optimizer.posterior(variables);
    const draws = Array.from({ length: samples }, (_, i) => {
      const { weights } = meanFieldDraw<Weights>(foldIn(key(seed), i), posterior);
      try {
        variables.forEach((each, j) => each.assign(weights[j]!));
        const outputs = model.predict(x, { batchSize });
        if (Array.isArray(outputs)) throw new TypeError(`Cannot sample: expected a model with one output, got ${outputs.length}`);
        return outputs;
      } finally {
        variables.forEach((each, j) => each.assign(posterior.mean.weights[j]!));
      }
    });
    return stack(draws);
  });
}
