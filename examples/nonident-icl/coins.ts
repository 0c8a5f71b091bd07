import { foldIn, key, uniformNumbers, type Autoregressive, type Key, type Sequence, type Tabular } from "@lab/tensor-core";
import { behaviourCertificate, coinMixture, coinPrompts, prefixEdit, sequenceKl, stopInContext, swapped } from "@lab/nonident";

/** Two coins, equally likely: heads in one flip of ten, and in six of ten. */
export const COINS = { weights: [0.5, 0.5], heads: [0.1, 0.6] } as const;
export const EXACT: Tabular = coinMixture(COINS);
/** Flips over which divergences are enumerated. */
export const FLIPS = 10;
const EXTENT = { end: undefined, longest: FLIPS };

/** Documents of flips, each of one coin. */
export function coinDocuments(from: Key, { documents, length }: { readonly documents: number; readonly length: number }): readonly Sequence[] {
  const prompt = coinPrompts(COINS);
  return Array.from({ length: documents }, (_, i) => prompt(foldIn(from, i), { shots: length }).tokens);
}

export type Stopped = { readonly after: number; readonly kl: number; readonly model: Autoregressive };

/** Models that learn from the first flips alone, and their divergence over ten flips. */
export async function stoppedCoins(afters: readonly number[]): Promise<readonly Stopped[]> {
  return Promise.all(afters.map(async (after) => ({ after, ...(await stopInContext(EXACT, { ...EXTENT, after })) })));
}

/** A twin that answers runs of heads otherwise. */
export type CoinTwin = {
  /** The shortest run of heads that is answered otherwise. */
  readonly from: number;
  /** KL(p ‖ q) over ten flips: what the edit claims, and what enumeration finds. */
  readonly kl: number;
  readonly enumerated: number;
  /** The probability of that run. */
  readonly probability: number;
  /** P(heads | that run) of p and of its twin. */
  readonly heads: readonly [p: number, q: number];
  readonly certifiedTv: number | undefined;
};

/** Twins that equal p but after n ≥ `from` heads in a row, where heads and tails are exchanged. */
export async function coinTwins(froms: readonly number[]): Promise<readonly CoinTwin[]> {
  return Promise.all(
    froms.map(async (from) => {
      const runs = Array.from({ length: FLIPS - from }, (_, i) => new Array<number>(from + i).fill(1));
      const { model, kl } = await prefixEdit(EXACT, runs, swapped);
      const run = runs[0]!;
      const probability = COINS.heads.reduce((sum, bias, i) => sum + COINS.weights[i]! * bias ** from, 0);
      const [next, other] = [EXACT.logProbs(run), await model.logProbs(run)];
      const { value: enumerated } = await sequenceKl([EXACT, model], EXTENT);
      const { tv: certifiedTv } = behaviourCertificate(kl, { probability, next });
      return { from, kl, enumerated, probability, heads: [Math.exp(next[1]!), Math.exp(other[1]!)] as const, certifiedTv };
    }),
  );
}

export type Bias = { readonly bias: number; readonly exact: number; readonly trained: number };

/** The mean of P(heads | n flips) over flips of a coin of each bias, seen in training or not: the exact predictive and a learnt one. */
export async function biases(
  model: Autoregressive,
  { flips, length, seed }: { readonly flips: number; readonly length: number; readonly seed: number },
): Promise<readonly Bias[]> {
  const found: Bias[] = [];
  for (let i = 0; i <= 20; i++) {
    const bias = i / 20;
    let [exact, learnt] = [0, 0];
    for (let j = 0; j < flips; j++) {
      const seen = Array.from(uniformNumbers(foldIn(foldIn(key(seed), i), j), length), (u) => Number(u < bias));
      exact += Math.exp(EXACT.logProbs(seen)[1]!) / flips;
      learnt += Math.exp((await model.logProbs(seen))[1]!) / flips;
    }
    found.push({ bias, exact, trained: learnt });
  }
  return found;
}
