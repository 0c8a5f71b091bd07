import { foldIn, key, type Autoregressive, type Key, type LogProbs, type Sequence, type Token } from "@lab/tensor-core";
import {
  behaviourCertificate,
  completionDivergence,
  floored,
  ginc,
  gincPrompts,
  hiddenMarkovMixture,
  shotsForEpsilon,
  swapped,
  type HiddenMarkov,
  type InContextPrompts,
} from "@lab/nonident";

/** Tokens of an example, the delimiter not counted. */
export const K = 4;
export const VOCABULARY = 30;
export const SHOTS: readonly number[] = [0, 1, 2, 4, 8];
/** How much of the uniform distribution an edited answer holds: what makes its cost finite. */
const FLOOR = 0.2;

/** A small world: 36 states, four concepts to learn and four never seen. */
export function smallWorld(seed: number): {
  readonly learnt: readonly HiddenMarkov[];
  readonly exact: Autoregressive;
  readonly prompts: InContextPrompts;
  readonly unseen: InContextPrompts;
  readonly documents: (from: Key, options: { readonly documents: number; readonly length: number }) => readonly Sequence[];
} {
  const world = ginc({ key: key(seed), values: 6, slots: 6, vocabulary: VOCABULARY, concepts: 8, spread: 0.2 });
  const learnt = world.concepts.slice(0, 4);
  return {
    learnt,
    exact: hiddenMarkovMixture(learnt),
    prompts: gincPrompts(world, { k: K }),
    unseen: gincPrompts(world, { k: K, among: [4, 5, 6, 7] }),
    documents: (from, { documents, length }) => Array.from({ length: documents }, (_, i) => world.document(foldIn(from, i), { length })),
  };
}

/** n where a prefix is n examples of k tokens, each with its delimiter, and a test input of k − 1; undefined where it is none. */
function shotsOf(prefix: Sequence): number | undefined {
  const shots = (prefix.length - (K - 1)) / (K + 1);
  if (!(Number.isInteger(shots) && shots >= 0)) return undefined;
  for (let j = 0; j < shots; j++) if (prefix[(K + 1) * j + K] !== 0) return undefined;
  return shots;
}

/** P(delimiters stand where those of n examples do), n = 0, 1, …, by the forward algorithm: never below the probability of all prompts of n shots. */
export function delimited(concepts: readonly HiddenMarkov[], most: number): readonly number[] {
  const found = [1];
  let beliefs = concepts.map(({ start }) => start.map((x) => x / concepts.length));
  for (let t = 0; found.length <= most; t++) {
    const delimiter = t % (K + 1) === K;
    if (delimiter) beliefs = beliefs.map((row, i) => row.map((belief, h) => belief * concepts[i]!.emissions[h]![0]!));
    if (delimiter) found.push(beliefs.flat().reduce((x, y) => x + y, 0));
    beliefs = beliefs.map((row, i) => row.map((_, to) => row.reduce((sum, belief, h) => sum + belief * concepts[i]!.transitions[h]![to]!, 0)));
  }
  return found;
}

/** A twin that answers every prompt of at least so many shots otherwise. */
export type GincTwin = {
  readonly from: number;
  readonly model: Autoregressive;
  /** KL(p ‖ q) over a document is at most this, nats. */
  readonly klAtMost: number;
};

/**
 * q(· | s) = w(· | s) at all prefixes s that look like prompts of n ≥ n₀ shots, p(· | s) elsewhere; w mixes p with the uniform distribution, then exchanges the
 * two likeliest tokens. KL(p ‖ q) = Σₛ p(s…) KL(p(· | s) ‖ w(· | s)) ≤ ln(V/δ) Σ_{n ≥ n₀} P(n delimiters), since no probability of w is below δ/V.
 */
export function gincTwin(p: Autoregressive, concepts: readonly HiddenMarkov[], { from, length }: { readonly from: number; readonly length: number }): GincTwin {
  const dull = floored(p, { rate: FLOOR });
  const most = Math.floor((length - K) / (K + 1));
  const patterns = delimited(concepts, Math.max(from, most)).slice(from, most + 1);
  const model: Autoregressive = {
    vocabulary: p.vocabulary,
    async logProbs(prefix): Promise<LogProbs> {
      return (shotsOf(prefix) ?? -1) >= from ? swapped(await dull.logProbs(prefix)) : p.logProbs(prefix);
    },
  };
  return { from, model, klAtMost: highestCost(p.vocabulary) * patterns.reduce((x, y) => x + y, 0) };
}

const highestCost = (vocabulary: number): number => Math.log(vocabulary / FLOOR);

/** n₀(ε): from how many shots on all prompts may be answered otherwise, by ρ, the largest P(n + 1 delimiters)/P(n delimiters). */
export function shotsCurve(concepts: readonly HiddenMarkov[], epsilons: readonly number[]): readonly { readonly epsilon: number; readonly shots: number }[] {
  const patterns = delimited(concepts, 40);
  const rho = Math.max(...patterns.slice(1).map((x, n) => x / patterns[n]!));
  return epsilons.map((epsilon) => ({ epsilon, shots: shotsForEpsilon(epsilon, { cost: highestCost(VOCABULARY), rho }) }));
}

export type Certified = {
  readonly shots: number;
  /** Of the prompt. */
  readonly tokens: number;
  /** The probability of one prompt of so many shots. */
  readonly probability: number;
  /** The total variation of what both say next. */
  readonly tv: number;
  readonly certifiedTv: number | undefined;
};

/** One prompt for each number of shots: what the pair says next, and what the divergence guarantees of it. */
export async function certified(
  p: Autoregressive,
  twin: GincTwin,
  { prompts, from }: { readonly prompts: InContextPrompts; readonly from: Key },
): Promise<readonly Certified[]> {
  const asked: readonly (readonly Token[])[] = [[], ...SHOTS.map((shots) => prompts(foldIn(from, shots), { shots }).tokens)];
  const found = await completionDivergence({ prompts: asked, end: undefined, longest: 1 }).measure([p, twin.model], from);
  return found.map(({ prompt, probability: [probability], next }) => ({
    shots: shotsOf(prompt) ?? 0,
    tokens: prompt.length,
    probability,
    tv: next.tv.value,
    certifiedTv: behaviourCertificate(twin.klAtMost, { probability: Math.min(1, probability) }).tv,
  }));
}
