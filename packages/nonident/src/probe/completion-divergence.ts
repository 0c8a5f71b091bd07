import { foldIn, type Autoregressive, type Key, type Sequence } from "@lab/tensor-core";
import { prefixLogProb } from "../construction/prefix-log-prob.ts";
import { behaviourCertificate } from "../equivalence/behaviour-certificate.ts";
import { compared, type Extent, type Pair } from "../equivalence/compared.ts";
import { divergences } from "../equivalence/divergences.ts";
import { raoBlackwellKl, sampledJs, sampledTv, type Estimate } from "../equivalence/estimators.ts";
import { logRatioDraws } from "../equivalence/log-ratio-draws.ts";
import type { Probe } from "./probe.ts";

/** Divergences of what two models say next. KL and JS in nats; the error is 0 of an enumeration. */
export type Apart = { readonly kl: Estimate; readonly js: Estimate; readonly tv: Estimate };

/** How two models go on after one prompt. */
export type CompletionDivergence = {
  readonly prompt: Sequence;
  /** The probability that a sequence begins so, under each. */
  readonly probability: readonly [p: number, q: number];
  /** Of the next token; exact. */
  readonly next: Apart;
  /** Of whole completions of at most `longest` tokens. */
  readonly completion: Apart;
  /** The probability, or share of draws, of completions that were cut, under each. */
  readonly unfinished: readonly [p: number, q: number];
  /** What KL(p ‖ q) ≤ epsilon leaves possible: a bound on both total variations; undefined where nothing is certified. */
  readonly certifiedTv: number | undefined;
};

export type CompletionDivergenceOptions = Extent & {
  readonly prompts: readonly Sequence[];
  /** Completions drawn from each model after each prompt; all are enumerated unless told. */
  readonly draws?: number;
  /** A divergence of the pair, nats per sequence, that certificates are derived from. */
  readonly epsilon?: number;
};

const exact = (value: number): Estimate => ({ value, standardError: 0 });

/** p(· | x ·): what follows a prompt as a model of its own. */
function after(model: Autoregressive, prompt: Sequence): Autoregressive {
  return { vocabulary: model.vocabulary, logProbs: (prefix) => model.logProbs([...prompt, ...prefix]) };
}

async function enumerated(pair: Pair, extent: Extent): Promise<Pick<CompletionDivergence, "completion" | "unfinished">> {
  const { kl, js, tv, unfinished } = await divergences(pair, extent);
  return { completion: { kl: exact(kl), js: exact(js), tv: exact(tv) }, unfinished };
}

async function drawn(key: Key, [p, q]: Pair, options: Extent & { readonly draws: number }): Promise<Pick<CompletionDivergence, "completion" | "unfinished">> {
  const fromP = await logRatioDraws(foldIn(key, 0), [p, q], options);
  const fromQ = await logRatioDraws(foldIn(key, 1), [q, p], options);
  return {
    completion: { kl: raoBlackwellKl(fromP), js: sampledJs(fromP, fromQ), tv: sampledTv(fromP) },
    unfinished: [fromP.unfinished / options.draws, fromQ.unfinished / options.draws],
  };
}

/**
 * KL, JS and TV of p(· | x) and q(· | x), of the next token and of the whole completion, for prompts x beside p(x…): what a pair does where the likelihood
 * hardly looks [Reizinger2024].
 *
 * Prompts of probability zero are as good as any: conditionals answer for every prefix. Whole completions are enumerated up to `longest` tokens, or estimated
 * from draws of both models; the divergence of cut completions is never above that of whole ones. KL is +∞ where q excludes what p allows.
 *
 * @throws RangeError, when measured, where the models cannot be compared, a prompt has tokens outside the vocabulary or its end symbol, epsilon is negative,
 * or draws is below 1
 * @example
 * ```ts
 * import { key, tabular } from "@lab/tensor-core";
 * import { completionDivergence, leakyMixture } from "@lab/nonident";
 * const p = tabular([[[0], 1]], { vocabulary: 3, end: 2, elsewhere: () => [0, 0, 1] });
 * const { model, kl } = leakyMixture(p, tabular([[[1, 0], 1]], { vocabulary: 3, end: 2 }), { epsilon: 0.01, disjoint: true });
 * const found = await completionDivergence({ prompts: [[], [1]], end: 2, longest: 3, epsilon: kl }).measure([p, model], key(0));
 * found.map(({ probability, completion, certifiedTv }) => [probability[0], completion.tv.value.toFixed(2), certifiedTv?.toFixed(2)]); // => [ [ 1, '0.01', '0.07' ], [ 0, '1.00', undefined ] ]
 * ```
 */
export function completionDivergence({ prompts, draws, epsilon, end, longest }: CompletionDivergenceOptions): Probe<Pair, readonly CompletionDivergence[]> {
  return {
    name: "completion divergence",
    async measure([p, q], key) {
      compared([p, q], { end, longest });
      const stray = prompts.flat().find((token) => !(Number.isInteger(token) && token >= 0 && token < p.vocabulary) || token === end);
      if (stray !== undefined) throw new RangeError(`Cannot complete prompts: expected tokens below ${p.vocabulary} other than the end symbol, got ${stray}`);
      const found: CompletionDivergence[] = [];
      for (const [i, prompt] of prompts.entries()) {
        const probability = [Math.exp(await prefixLogProb(p, prompt)), Math.exp(await prefixLogProb(q, prompt))] as const;
        const pair = [after(p, prompt), after(q, prompt)] as const;
        const next = await enumerated(pair, { end, longest: 1 });
        const whole = draws === undefined ? await enumerated(pair, { end, longest }) : await drawn(foldIn(key, i), pair, { end, longest, draws });
        const certified = epsilon === undefined ? undefined : behaviourCertificate(epsilon, { probability: Math.min(1, probability[0]) });
        found.push({ prompt, probability, next: next.completion, ...whole, certifiedTv: certified?.tv });
      }
      return found;
    },
  };
}
