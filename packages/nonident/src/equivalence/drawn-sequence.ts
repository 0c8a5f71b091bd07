import { foldIn, uniformNumbers, type Key, type LogProbs, type Sequence, type Token } from "@lab/tensor-core";
import type { Autoregressive } from "@lab/tensor-core";
import type { Extent } from "./compared.ts";

/** A sequence drawn token by token. */
export type DrawnSequence = {
  /** Without the end symbol. */
  readonly sequence: Sequence;
  /** Whether the end symbol came within `longest` tokens. */
  readonly finished: boolean;
  /** ln p of what was drawn, the end symbol included where it came: nats. */
  readonly logProb: number;
};

/** The token at u of the cumulative distribution; the last possible one where rounding leaves u above the total. */
function tokenAt(logProbs: LogProbs, u: number): Token {
  let [left, last] = [u, 0];
  for (let token = 0; token < logProbs.length; token++) {
    const share = Math.exp(logProbs[token]!);
    if (share === 0) continue;
    last = token;
    left -= share;
    if (left < 0) return token;
  }
  return last;
}

/**
 * y ~ p, ancestral: yₜ ~ p(· | y₍<t₎) until the end symbol or `longest` tokens.
 *
 * @example
 * ```ts
 * import { key, tabular } from "@lab/tensor-core";
 * import { drawnSequence } from "@lab/nonident";
 * await drawnSequence(key(1), tabular([[[0, 1], 1]], { vocabulary: 3, end: 2 }), { end: 2, longest: 9 }); // => { sequence: [ 0, 1 ], finished: true, logProb: 0 }
 * ```
 */
export async function drawnSequence(key: Key, model: Autoregressive, { end, longest }: Extent): Promise<DrawnSequence> {
  const sequence: Token[] = [];
  let logProb = 0;
  while (sequence.length < longest) {
    const next = await model.logProbs(sequence);
    const token = tokenAt(next, uniformNumbers(foldIn(key, sequence.length), 1)[0]!);
    logProb += next[token]!;
    if (token === end) return { sequence, finished: true, logProb };
    sequence.push(token);
  }
  return { sequence, finished: false, logProb };
}
