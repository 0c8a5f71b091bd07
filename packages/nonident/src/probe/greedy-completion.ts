import type { Autoregressive, Sequence, Token } from "@lab/tensor-core";

/** What a model says after a prompt. */
export type GreedyCompletion = {
  readonly prompt: Sequence;
  /** Without the end symbol. */
  readonly completion: Sequence;
  /** Whether the end symbol came within `longest` tokens. */
  readonly finished: boolean;
};

/**
 * ŷₜ = argmax p(· | x ŷ₍<t₎) until the end symbol or `longest` tokens; of equal tokens the lowest.
 *
 * @throws RangeError for a token of the prompt that is outside the vocabulary, or a longest that is no whole number of at least 1; what the model throws of
 * prompts that it cannot hold
 * @example
 * ```ts
 * import { tabular } from "@lab/tensor-core";
 * import { greedyCompletion } from "@lab/nonident";
 * await greedyCompletion(tabular([[[0, 1], 1]], { vocabulary: 3, end: 2 }), [0], { end: 2, longest: 9 }); // => { prompt: [ 0 ], completion: [ 1 ], finished: true }
 * ```
 */
export async function greedyCompletion(
  model: Autoregressive,
  prompt: Sequence,
  { end, longest }: { readonly end: Token; readonly longest: number },
): Promise<GreedyCompletion> {
  if (!(Number.isInteger(longest) && longest >= 1)) throw new RangeError(`Cannot complete a prompt: expected a longest of at least 1 token, got ${longest}`);
  if (!(Number.isInteger(end) && end >= 0 && end < model.vocabulary))
    throw new RangeError(`Cannot complete a prompt: expected an end symbol in a vocabulary of ${model.vocabulary}, got ${end}`);
  const stray = prompt.find((token) => !(Number.isInteger(token) && token >= 0 && token < model.vocabulary));
  if (stray !== undefined) throw new RangeError(`Cannot complete a prompt: expected tokens below ${model.vocabulary}, got ${stray}`);
  const completion: Token[] = [];
  while (completion.length < longest) {
    const next = await model.logProbs([...prompt, ...completion]);
    const token = likeliest(next);
    if (token === end) return { prompt, completion, finished: true };
    completion.push(token);
  }
  return { prompt, completion, finished: false };
}

/** The likeliest token; of equal ones the lowest. */
export function likeliest(logProbs: Float64Array): Token {
  return logProbs.indexOf(Math.max(...logProbs));
}
