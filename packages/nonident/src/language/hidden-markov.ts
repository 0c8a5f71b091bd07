import { logProbs, type LogProbs, type Sequence, type Tabular } from "@lab/tensor-core";

/** A hidden Markov model: rows are probabilities. */
export type HiddenMarkov = {
  /** [state] */
  readonly start: readonly number[];
  /** [state, next state] */
  readonly transitions: readonly (readonly number[])[];
  /** [state, token] */
  readonly emissions: readonly (readonly number[])[];
};

const SLACK = 1e-9;

function checked({ start, transitions, emissions }: HiddenMarkov): number {
  const vocabulary = emissions[0]?.length ?? 0;
  const rows = [[start], transitions, emissions].flat();
  if (transitions.length !== start.length || emissions.length !== start.length || transitions.some((row) => row.length !== start.length))
    throw new RangeError(`Cannot make a hidden Markov model: expected rows for each of ${start.length} states`);
  for (const row of rows) {
    const total = row.reduce((x, y) => x + y, 0);
    if (!(row.every((x) => x >= 0) && Math.abs(total - 1) <= SLACK))
      throw new RangeError(`Cannot make a hidden Markov model: expected rows of probabilities that sum to 1, got a sum of ${total}`);
  }
  return vocabulary;
}

/**
 * p(oₜ₊₁ | o₁ … oₜ) of a mixture of hidden Markov models Σ_θ π(θ) p(o | θ), by the forward algorithm, normalised at each step in log space [Rabiner1989].
 *
 * The weights after a prefix are posterior, π(θ | o₁ … oₜ): the predictive learns in context which concept speaks. After a prefix of probability zero,
 * where the likelihood leaves it free, the model answers as at the start. Endless: no symbol closes a sequence.
 *
 * @throws RangeError for no models, weights or rows that are no probabilities, or vocabularies that differ
 * @example
 * ```ts
 * import { hiddenMarkovMixture } from "@lab/nonident";
 * const cycle = { start: [1, 0], transitions: [[0, 1], [1, 0]], emissions: [[1, 0], [0, 1]] };
 * [...hiddenMarkovMixture([cycle]).logProbs([0, 1])].map(Math.exp); // => [ 1, 0 ]
 * ```
 */
export function hiddenMarkovMixture(
  models: readonly HiddenMarkov[],
  { weights = models.map(() => 1 / models.length) }: { readonly weights?: readonly number[] } = {},
): Tabular {
  const vocabularies = models.map(checked);
  const vocabulary = vocabularies[0];
  if (vocabulary === undefined || vocabularies.some((v) => v !== vocabulary))
    throw new RangeError(`Cannot mix hidden Markov models: expected models of one vocabulary, got ${vocabularies.join(", ") || "none"}`);
  const total = weights.reduce((x, y) => x + y, 0);
  if (!(weights.length === models.length && weights.every((w) => w >= 0) && Math.abs(total - 1) <= SLACK))
    throw new RangeError(`Cannot mix hidden Markov models: expected ${models.length} weights that sum to 1, got a sum of ${total}`);
  const predictive = (prefix: Sequence): LogProbs | undefined => {
    // beliefs[θ][h] = P(θ, hₜ = h | o₁ … oₜ₋₁)
    let beliefs = models.map(({ start }, i) => start.map((x) => weights[i]! * x));
    for (const token of prefix) {
      beliefs = models.map(({ emissions, transitions }, i) => {
        const seen = beliefs[i]!.map((belief, h) => belief * (emissions[h]![token] ?? 0));
        const next = new Array<number>(seen.length).fill(0);
        seen.forEach((belief, h) => {
          if (belief > 0) transitions[h]!.forEach((x, to) => (next[to]! += belief * x));
        });
        return next;
      });
      const mass = beliefs.flat().reduce((x, y) => x + y, 0);
      if (!(mass > 0)) return undefined;
      beliefs = beliefs.map((row) => row.map((x) => x / mass));
    }
    const next = new Float64Array(vocabulary);
    models.forEach(({ emissions }, i) =>
      beliefs[i]!.forEach((belief, h) => {
        if (belief > 0) emissions[h]!.forEach((x, token) => (next[token]! += belief * x));
      }),
    );
    return logProbs(next.map(Math.log));
  };
  const first = predictive([])!;
  return { vocabulary, logProbs: (prefix) => predictive(prefix) ?? first };
}
