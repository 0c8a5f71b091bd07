import { foldIn, uniformNumbers, type Autoregressive, type Key, type Sequence, type Token } from "@lab/tensor-core";
import { normalInterval } from "../equivalence/interval.ts";
import { coinMixture, type CoinMixtureOptions } from "../language/coin-mixture.ts";
import type { Ginc } from "../language/ginc.ts";
import { uniformWholeNumber } from "../language/uniform-whole-number.ts";
import { likeliest } from "./greedy-completion.ts";
import type { Behaviour, Probe } from "./probe.ts";
import { share, type Measurement } from "./share.ts";

/** A prompt of so many examples and what should follow; the key alone decides which. */
export type InContextPrompts = (key: Key, options: { readonly shots: number }) => { readonly tokens: Sequence; readonly label: Token };

export type InContextOptions = {
  readonly prompts: InContextPrompts;
  /** Numbers of examples to ask after. */
  readonly shots: readonly number[];
  /** Prompts for each of them. */
  readonly draws?: number;
  readonly alpha?: number;
};

/**
 * P(argmax_y p(y | Sₙ, x) = label) against the number of shots n, Sₙ = O₁ d O₂ d … Oₙ d: how much a model learns from examples in its prompt [Xie2022].
 *
 * Beside the accuracy stands the mean probability of the label. All models that are measured with one key see the same prompts. Of equally likely tokens the
 * lowest is the answer.
 *
 * @throws RangeError for fewer than 2 draws or shots below 0, or, when measured, for a prompt or label outside the vocabulary; what the model throws of prompts that it cannot hold
 * @example
 * ```ts
 * import { key } from "@lab/tensor-core";
 * import { coinMixture, coinPrompts, inContext } from "@lab/nonident";
 * const coins = { weights: [0.5, 0.5], heads: [0.1, 0.9] };
 * const found = await inContext({ prompts: coinPrompts(coins), shots: [0, 9], draws: 100 }).measure(coinMixture(coins), key(0));
 * [found["accuracy, 0 shots"]!.value < 0.7, found["accuracy, 9 shots"]!.value > 0.9]; // => [ true, true ]
 * ```
 */
export function inContext({ prompts, shots, draws = 200, alpha = 0.05 }: InContextOptions): Probe<Autoregressive, Behaviour> {
  const wrong = shots.find((n) => !(Number.isInteger(n) && n >= 0));
  if (wrong !== undefined) throw new RangeError(`Cannot measure learning in context: expected numbers of shots of at least 0, got ${wrong}`);
  if (!(Number.isInteger(draws) && draws >= 2)) throw new RangeError(`Cannot measure learning in context: expected at least 2 draws, got ${draws}`);
  return {
    name: "in-context learning",
    async measure(model, key) {
      const found: Record<string, Measurement> = {};
      for (const n of shots) {
        let right = 0;
        const probabilities = new Float64Array(draws);
        for (let i = 0; i < draws; i++) {
          const { tokens, label } = prompts(foldIn(foldIn(key, n), i), { shots: n });
          const stray = [...tokens, label].find((token) => !(Number.isInteger(token) && token >= 0 && token < model.vocabulary));
          if (stray !== undefined)
            throw new RangeError(`Cannot measure learning in context: expected tokens below a vocabulary of ${model.vocabulary}, got ${stray}`);
          const next = await model.logProbs(tokens);
          right += Number(likeliest(next) === label);
          probabilities[i] = Math.exp(next[label]!);
        }
        found[`accuracy, ${n} shots`] = share(right, { count: draws, alpha });
        found[`probability of the label, ${n} shots`] = { ...normalInterval(probabilities, { alpha }), count: draws };
      }
      return found;
    },
  };
}

/**
 * Prompts of n flips of one coin drawn from a mixture; the label is the face that this coin shows more often, heads 1 where it is fair.
 *
 * @throws RangeError unless there are as many weights as coins, weights sum to one, and all are probabilities
 * @example
 * ```ts
 * import { key } from "@lab/tensor-core";
 * import { coinPrompts } from "@lab/nonident";
 * coinPrompts({ weights: [1], heads: [1] })(key(0), { shots: 3 }); // => { tokens: [ 1, 1, 1 ], label: 1 }
 * ```
 */
export function coinPrompts({ weights, heads }: CoinMixtureOptions): InContextPrompts {
  coinMixture({ weights, heads });
  return (key, { shots }) => {
    let left = uniformNumbers(foldIn(key, 0), 1)[0]!;
    const drawn = weights.findIndex((weight) => (left -= weight) < 0);
    const bias = heads[drawn >= 0 ? drawn : weights.findLastIndex((weight) => weight > 0)]!;
    const flips = shots === 0 ? [] : Array.from(uniformNumbers(foldIn(key, 1), shots), (u) => Number(u < bias));
    return { tokens: flips, label: Number(bias >= 0.5) };
  };
}

/**
 * Prompts of GINC with examples of k tokens, each of a concept drawn from `among`, the first half of the concepts unless told [Xie2022, Section 4].
 *
 * @throws RangeError for no concepts to draw from; when asked, for a concept that is none, or fewer than 2 tokens an example
 * @example
 * ```ts
 * import { key } from "@lab/tensor-core";
 * import { ginc, gincPrompts } from "@lab/nonident";
 * const world = ginc({ key: key(1), values: 4, slots: 3, vocabulary: 10, concepts: 2 });
 * gincPrompts(world, { k: 3 })(key(2), { shots: 2 }).tokens.length; // => 10
 * ```
 */
export function gincPrompts(
  world: Ginc,
  { k, among = world.concepts.slice(0, Math.ceil(world.concepts.length / 2)).map((_, i) => i) }: { readonly k: number; readonly among?: readonly number[] },
): InContextPrompts {
  if (among.length === 0) throw new RangeError("Cannot prompt: expected concepts to draw from, got none");
  return (key, { shots }) => {
    const concept = among[Number(uniformWholeNumber(foldIn(key, 0), BigInt(among.length)))]!;
    return world.prompt(foldIn(key, 1), { concept, shots, k });
  };
}
