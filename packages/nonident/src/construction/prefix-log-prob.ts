import type { Autoregressive, Sequence } from "@lab/tensor-core";

/**
 * ln p(x…) = Σₜ ln p(xₜ | x₍<t₎): the probability that a sequence **begins** with x, nats; 0 of the empty prefix.
 *
 * @throws RangeError for a token that is not in the vocabulary
 * @example
 * ```ts
 * import { tabular } from "@lab/tensor-core";
 * import { prefixLogProb } from "@lab/nonident";
 * const model = tabular([[[0], 0.25], [[0, 1], 0.75]], { vocabulary: 3, end: 2 });
 * Math.exp(await prefixLogProb(model, [0, 1])); // => 0.75
 * ```
 */
export async function prefixLogProb(model: Autoregressive, prefix: Sequence): Promise<number> {
  let sum = 0;
  for (let t = 0; t < prefix.length; t++) {
    const token = prefix[t]!;
    if (!(Number.isInteger(token) && token >= 0 && token < model.vocabulary))
      throw new RangeError(`Cannot find the probability of a prefix: expected tokens below ${model.vocabulary}, got ${token}`);
    sum += (await model.logProbs(prefix.slice(0, t)))[token]!;
    // What follows is free, and cannot bring it back.
    if (sum === -Infinity) return sum;
  }
  return sum;
}
