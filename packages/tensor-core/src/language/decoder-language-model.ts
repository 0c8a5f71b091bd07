import { tensor1d, tensor2d, zeros, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { jit } from "../jit.ts";
import { own, readSync, type Owned } from "../memory.ts";
import type { Decoder } from "../nn/decoder.ts";
import type { DecoderParams } from "../nn/decoder-params.ts";
import { logProbs, type Autoregressive, type LogProbs } from "./autoregressive.ts";
import { extended, keyValueCache, type Extended, type KeyValueCache } from "./key-value-cache.ts";
import type { Sequence, Token } from "./token.ts";

/** New tokens are fed in blocks of this length, and one by one: two graphs serve all prefixes. */
const BLOCK = 16;

/** A decoder that answers at once, and remembers the last prefix it was asked about. */
export interface DecoderLanguageModel extends Autoregressive, Disposable {
  logProbs(prefix: Sequence): LogProbs;
}

/**
 * p(· | prefix) = softmax(logits of a decoder after `start` and the prefix), as an `Autoregressive`. A prefix that goes on from the one before it costs
 * only its new tokens. It owns its cache: declare it with `using`. The parameters are borrowed.
 *
 * @throws RangeError for a start outside the vocabulary; from `logProbs`, for tokens outside it, or a prefix that with `start` exceeds the context
 * @example
 * ```ts
 * import { decoder, decoderLanguageModel, key } from "@lab/tensor-core";
 * const model = decoder({ vocabulary: 50, context: 16, layers: 2, channels: 8, heads: 2 });
 * using language = decoderLanguageModel(model, model.init(key(0)), { start: 0 });
 * language.logProbs([3, 1, 4]).length; // => 50
 * ```
 */
export function decoderLanguageModel(decoder: Decoder, params: DecoderParams, { start }: { readonly start: Token }): DecoderLanguageModel {
  const { vocabulary, context } = decoder.shape;
  const outside = (token: Token): boolean => !(Number.isInteger(token) && token >= 0 && token < vocabulary);
  if (outside(start)) throw new RangeError(`Cannot ask a decoder: expected a start below ${vocabulary}, got ${start}`);
  const step = jit((at: DecoderParams, cache: KeyValueCache, tokens: Tensor2D, counts: Tensor1D) => extended(decoder, at, { cache, tokens, counts }));
  const state: Owned<Extended> = own(() => ({ cache: keyValueCache(decoder, 1), logits: zeros([1, vocabulary]) }));
  let known: Token[] = [];

  function feed(tokens: readonly Token[]): void {
    const length = tokens.length === 1 ? 1 : BLOCK;
    const padded = Array.from({ length }, (_, i) => tokens[i] ?? 0);
    using none = state.advance(({ cache }) => {
      const at = { ...cache, lengths: tensor1d([known.length], "int32") };
      return [step(params, at, tensor2d(padded, [1, length], "int32"), tensor1d([tokens.length], "int32")), null];
    });
    known = [...known, ...tokens];
  }

  return {
    vocabulary,
    logProbs(prefix) {
      const stray = prefix.find(outside);
      if (stray !== undefined) throw new RangeError(`Cannot ask a decoder: expected tokens below ${vocabulary}, got ${stray}`);
      if (prefix.length >= context) throw new RangeError(`Cannot ask a decoder: expected a prefix of at most ${context - 1} tokens, got ${prefix.length}`);
      const wanted = [start, ...prefix];
      const differs = wanted.findIndex((token, i) => token !== known[i]);
      // The logits are those after the last token fed: a prefix that is known already has its last token fed again.
      const shared = differs < 0 ? wanted.length - 1 : differs;
      if (!(differs < 0 && known.length === wanted.length)) {
        known = known.slice(0, shared);
        while (known.length < wanted.length) {
          const rest = wanted.length - known.length;
          feed(wanted.slice(known.length, known.length + (rest === 1 || context - known.length < BLOCK ? 1 : Math.min(BLOCK, rest))));
        }
      }
      return logProbs([...readSync(state.value.logits).data]);
    },
    [Symbol.dispose]() {
      state[Symbol.dispose]();
      step[Symbol.dispose]();
    },
  };
}
