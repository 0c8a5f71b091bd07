import type { Token } from "@lab/tensor-core";

export type Decoding = {
  /** What the logits are divided by: 0 takes the likeliest token. */
  readonly temperature?: number;
  /** Only so many of the likeliest tokens [Fan2018, §3.1]. */
  readonly topK?: number;
  /** Only the likeliest tokens up to the one with which their probabilities reach this [Holtzman2020, §3.1]. */
  readonly topP?: number;
};

/** A token and ln q of it, nats, under the model without `<CALL>`: before temperature, topK and topP. */
export type Decoded = { readonly token: Token; readonly logProb: number };

/**
 * The decoding with everything filled in, checked.
 *
 * @throws RangeError unless temperature ≥ 0, topK is a whole number of at least 1 and 0 < topP ≤ 1
 */
export function checkedDecoding({ temperature = 0, topK = Infinity, topP = 1 }: Decoding): Required<Decoding> {
  if (!(temperature >= 0 && temperature < Infinity)) throw new RangeError(`Cannot decode: temperature must be in [0, ∞), got ${temperature}`);
  if (!(topK === Infinity || (Number.isInteger(topK) && topK >= 1)))
    throw new RangeError(`Cannot decode: topK must be a whole number of at least 1, got ${topK}`);
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`Cannot decode: topP must be in (0, 1], got ${topP}`);
  return { temperature, topK, topP };
}

/**
 * The token that a uniform number in [0, 1) picks from softmax(logits / temperature) among the tokens that topK and then topP leave; the likeliest at temperature 0.
 *
 * Excluded tokens, `<CALL>` among them, are never taken and have no share of the probability. Of equal logits the earlier goes first. The likeliest token is never left out.
 *
 * @throws RangeError as the options ask, and where no token has a finite logit
 * @example
 * ```ts
 * import { decoded } from "@lab/lacy";
 * decoded([0, 5, 9], { uniform: 0, excluded: [2] }).token; // => 1
 * ```
 */
export function decoded(
  logits: ArrayLike<number>,
  { uniform, excluded = [], ...how }: Decoding & { readonly uniform: number; readonly excluded?: readonly Token[] },
): Decoded {
  const { temperature, topK, topP } = checkedDecoding(how);
  const z = Float64Array.from(logits);
  for (const token of excluded) z[token] = -Infinity;
  let best = 0;
  for (let v = 1; v < z.length; v++) if (z[v]! > z[best]!) best = v;
  const top = z[best]!;
  if (!Number.isFinite(top)) throw new RangeError(`Cannot decode: expected a finite logit, got ${top} as the largest`);
  let sum = 0;
  for (const each of z) sum += Math.exp(each - top);
  const partition = top + Math.log(sum);
  const of = (token: Token): Decoded => ({ token, logProb: z[token]! - partition });
  if (temperature === 0 || topK === 1) return of(best);
  const order = Array.from(z, (_, v) => v)
    .filter((v) => z[v]! > -Infinity)
    .toSorted((a, b) => z[b]! - z[a]! || a - b)
    .slice(0, topK);
  const weights = order.map((v) => Math.exp((z[v]! - top) / temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  let kept = 0;
  let mass = 0;
  while (kept < order.length && mass < topP * total) mass += weights[kept++]!;
  let left = uniform * mass;
  for (let i = 0; i < kept; i++) {
    left -= weights[i]!;
    if (left < 0) return of(order[i]!);
  }
  return of(order[Math.max(0, kept - 1)]!);
}
