import { equal, expandDims, fill, gather, logicalOr, logSoftmax, range, reshape, where, zeros, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { iterate } from "../jit.ts";
import type { Decoder } from "../nn/decoder.ts";
import type { DecoderParams } from "../nn/decoder-params.ts";
import type { Key } from "../random/key.ts";
import { foldIn } from "../random/split.ts";
import { extended, type Extended, type KeyValueCache } from "./key-value-cache.ts";
import { sampled, type SampledOptions } from "./sampled.ts";
import type { Token } from "./token.ts";

export type GenerationOptions = SampledOptions & {
  /** How many tokens each stream gets. */
  readonly tokens: number;
  /** The token that ends a stream: it is repeated from then on. */
  readonly end?: Token;
};

/** What was generated: int32 [stream, tokens], the log-probability of each under the model itself, nats, and where the streams can go on from. */
export type Generated = Extended & { readonly tokens: Tensor2D; readonly logProbs: Tensor2D };

/**
 * A function that goes on with several streams from where `extended` left them, token by token, each drawn by `sampled`: one loop in the graph, so that
 * inside `jit` one call gives all tokens. Token i depends on the key and i alone, given what came before it.
 *
 * The log-probability is that of softmax(logits), before temperature, topK and topP; after the end of a stream it is 0. The logits returned are those
 * after the last token. What does not fit into the cache is not remembered: leave room for `tokens`.
 *
 * @throws RangeError unless tokens is a whole number of at least 1, and as `sampled`
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { decoder, extended, generation, jit, key, keyValueCache } from "@lab/tensor-core";
 * const model = decoder({ vocabulary: 50, context: 16, layers: 2, channels: 8, heads: 2 });
 * const params = model.init(key(0));
 * const prompt = extended(model, params, { cache: keyValueCache(model, 1), tokens: tensor2d([[3, 1, 4]], [1, 3], "int32") });
 * jit(generation(model, { tokens: 5, temperature: 0 }))(key(1), params, prompt).tokens.shape; // => [ 1, 5 ]
 * ```
 */
export function generation(
  decoder: Pick<Decoder, "shape" | "stream" | "head">,
  { tokens: count, end, ...how }: GenerationOptions,
): (key: Key, params: DecoderParams, from: Extended) => Generated {
  if (!(Number.isInteger(count) && count >= 1)) throw new RangeError(`Cannot generate: expected a whole number of tokens of at least 1, got ${count}`);
  return (key, params, { logits, cache }) => {
    const streams = logits.shape[0];
    const place = range(0, count, 1, "int32");
    const start = {
      cache,
      logits,
      ended: zeros([streams], "bool") as Tensor,
      tokens: zeros([streams, count], "int32") as Tensor,
      logProbs: zeros([streams, count]) as Tensor,
    };
    const { ended: _, ...result } = iterate(
      count,
      ({ cache, logits, ended, tokens, logProbs }, i) => {
        const drawn = sampled(foldIn(key, i), logits, how);
        const chosen = end === undefined ? drawn : where(ended, fill([streams], end, "int32"), drawn);
        const logProb = where(ended, 0, reshape(gather(logSoftmax(logits), expandDims(chosen, 1), 1, 1), [streams]));
        const here = expandDims(equal(place, i), 0);
        const next = extended(decoder, params, { cache, tokens: reshape(chosen, [streams, 1]) as Tensor2D });
        return {
          cache: next.cache,
          logits: next.logits,
          ended: end === undefined ? ended : logicalOr(ended, equal(chosen, end)),
          tokens: where(here, expandDims(chosen, 1), tokens),
          logProbs: where(here, expandDims(logProb, 1), logProbs),
        } as typeof start;
      },
      start,
    );
    return result as { cache: KeyValueCache; logits: Tensor2D; tokens: Tensor2D; logProbs: Tensor2D };
  };
}
