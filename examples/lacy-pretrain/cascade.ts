import { argMax, logSumExp, max, slice, squeeze, sub, tensor1d, tensor2d, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import {
  extended,
  jit,
  keyValueCache,
  own,
  readSync,
  uniformNumbers,
  type Decoder,
  type DecoderParams,
  type Key,
  type KeyValueCache,
  type Token,
} from "@lab/tensor-core";
import type { CallControl } from "@lab/lacy";
import type { Score } from "./methods.ts";

/** What was written after a prompt, token by token, and who wrote each. */
export type Written = { readonly tokens: readonly Token[]; readonly byLarge: readonly boolean[] };

export type CascadeOptions = {
  readonly prompts: readonly (readonly Token[])[];
  /** Tokens that each text gets at most. */
  readonly tokens: number;
  /** The token before every text, which also ends it. */
  readonly separator: Token;
  readonly score: Score;
  readonly control: CallControl;
  /** For draws as scores. */
  readonly key: Key;
};

/** Weights of the small and of the larger model. */
export type Pair = { readonly small: DecoderParams; readonly large: DecoderParams };
type Caches = { readonly small: KeyValueCache; readonly large: KeyValueCache };
type Options = { readonly own: Tensor1D; readonly others: Tensor1D; readonly margin: Tensor1D; readonly doubt: Tensor1D };

export interface Cascade extends Disposable {
  written(pair: Pair, options: CascadeOptions): Written[];
}

/**
 * Greedy generation where the small model writes until it calls, then takes one token of the larger one. Both have the same tokens, so that tokens are handed over; many texts
 * are written at once, and one call into the engine extends them all under both models. The decisions, text after text, are one sequence to the budget.
 */
export function cascade({ small, large, xla }: { readonly small: Decoder; readonly large: Decoder; readonly xla: boolean }): Cascade {
  const step = jit(
    ({ small: a, large: b }: Pair, caches: Caches, tokens: Tensor2D, counts: Tensor1D): { readonly caches: Caches; readonly options: Options } => {
      const mine = extended(small, a, { cache: caches.small, tokens, counts });
      const its = extended(large, b, { cache: caches.large, tokens, counts });
      const own = ordinary(mine.logits);
      const top = max(own, -1);
      const call = squeeze(slice(mine.logits, [0, own.shape[1]!], [-1, 1]), [1]);
      const options = {
        own: argMax(own, -1),
        others: argMax(ordinary(its.logits), -1),
        margin: sub(call, top),
        doubt: sub(logSumExp(own, -1), top),
      } as Options;
      return { caches: { small: mine.cache, large: its.cache }, options };
    },
    { xla },
  );

  return {
    written(pair, { prompts, tokens: most, separator, score, control, key }) {
      const streams = prompts.length;
      const widest = 1 + Math.max(...prompts.map(({ length }) => length));
      const capacity = Math.min(widest + most, small.shape.context, large.shape.context);
      using caches = own((): Caches => ({ small: keyValueCache(small, streams, { capacity }), large: keyValueCache(large, streams, { capacity }) }));
      const texts = prompts.map(() => ({ tokens: [] as Token[], byLarge: [] as boolean[], ended: false }));
      const draws = uniformNumbers(key, streams * most);
      let next = prompts.map((prompt) => [separator, ...prompt]);
      for (let t = 0; t < most && t < capacity - widest + 1 && texts.some(({ ended }) => !ended); t++) {
        const width = t === 0 ? widest : 1;
        using seen = caches.advance((at) => {
          const padded = next.flatMap((each) => Array.from({ length: width }, (_, i) => each[i] ?? separator));
          const counts = next.map(({ length }) => length);
          const found = step(pair, at, tensor2d(padded, [streams, width], "int32"), tensor1d(counts, "int32"));
          return [found.caches, found.options];
        });
        const { own: mine, others, margin, doubt } = readSync(seen.value);
        next = texts.map((text, i) => {
          if (text.ended) return [separator];
          const value = { margin: margin.get(i), doubt: doubt.get(i), draw: draws[t * streams + i]! }[score];
          const byLarge = control.decide(value).call;
          const token = byLarge ? others.get(i) : mine.get(i);
          if (token === separator) text.ended = true;
          else {
            text.tokens.push(token);
            text.byLarge.push(byLarge);
          }
          return [token];
        });
      }
      return texts.map(({ tokens, byLarge }) => ({ tokens, byLarge }));
    },
    [Symbol.dispose]: () => step[Symbol.dispose](),
  };
}

/** The logits without that of `<CALL>`. */
function ordinary(logits: Tensor): Tensor2D {
  const [streams, vocabulary] = logits.shape as [number, number];
  return slice(logits, [0, 0], [streams, vocabulary - 1]) as Tensor2D;
}
