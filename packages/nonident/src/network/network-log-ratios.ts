import { cast, cumsum, equal, exp, mul, oneHot, reshape, slice, sub, sum, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { jit, own, read, ShapeError, type Token } from "@lab/tensor-core";
import type { LogRatioDraws } from "../equivalence/log-ratio-draws.ts";

/** ln p(next token | tokens so far) at every position in one forward pass: int32 [batch, time] → [batch, time, vocabulary], nats. */
export type NetworkLogProbs = (tokens: Tensor2D) => Tensor;

export type NetworkLogRatiosOptions = {
  /** The symbol that closes a sequence; what follows it in a row is not counted. */
  readonly end: Token;
  /** Rows of one forward pass. */
  readonly atOnce?: number;
};

/**
 * ln p(y)/q(y) and Σₜ KL(p(· | y₍<t₎) ‖ q(· | y₍<t₎)) of sequences given as rows, by one forward pass of each network over a whole batch: what the estimators
 * of divergences are made of [Amini2025].
 *
 * Rows are int32 [draw, 1 + time]: a start symbol, then y, its end symbol, and anything after it. They must be drawn from p for means over them to estimate
 * divergences. Log-probabilities and their sums are float32, so a row is right to some 10⁻⁶ nats a token; `logRatioDraws` is the float64 way, prefix by
 * prefix. A row without an end symbol counts as unfinished. Networks must give each token a positive probability.
 *
 * @throws ShapeError for rows that are not [draw ≥ 1, 1 + time ≥ 2], or a network that answers in another shape; RangeError for `atOnce` below 1
 * @example
 * ```ts
 * import { log, tensor1d, tensor2d, tile, reshape, type Tensor2D } from "@tensorflow/tfjs-core";
 * import { networkLogRatios, raoBlackwellKl } from "@lab/nonident";
 * const coin = (heads: number) => (tokens: Tensor2D) => tile(reshape(log(tensor1d([heads, 0.75 - heads, 0.25])), [1, 1, 3]), [...tokens.shape, 1]);
 * const rows = tensor2d([[0, 0, 1, 2], [0, 2, 0, 0]], [2, 4], "int32");
 * const found = await networkLogRatios([coin(0.5), coin(0.25)], rows, { end: 2 });
 * [...found.lengths, raoBlackwellKl(found).value.toFixed(4)]; // => [ 3, 1, '0.3466' ]
 * ```
 */
export async function networkLogRatios(
  [p, q]: readonly [NetworkLogProbs, NetworkLogProbs],
  rows: Tensor2D,
  { end, atOnce = 256 }: NetworkLogRatiosOptions,
): Promise<LogRatioDraws> {
  const [draws, width] = rows.shape;
  if (rows.rank !== 2 || draws < 1 || width < 2)
    throw new ShapeError(`Cannot compare networks: expected rows of shape [draw ≥ 1, 1 + time ≥ 2], got [${rows.shape.join(", ")}]`);
  if (!(Number.isInteger(atOnce) && atOnce >= 1)) throw new RangeError(`Cannot compare networks: expected at least 1 row at once, got ${atOnce}`);
  const time = width - 1;
  const found = jit(
    (chunk: Tensor2D) => {
      const count = chunk.shape[0];
      const [prefixes, targets] = [slice(chunk, [0, 0], [count, time]) as Tensor2D, slice(chunk, [0, 1], [count, time])];
      const [ofP, ofQ] = [p(prefixes), q(prefixes)];
      if (ofP.rank !== 3 || ofP.shape.join() !== ofQ.shape.join())
        throw new ShapeError(
          `Cannot compare networks: expected both to answer [batch, time, vocabulary], got [${ofP.shape.join(", ")}] and [${ofQ.shape.join(", ")}]`,
        );
      const ended = cast(equal(targets, end), "float32");
      // 1 up to the first end symbol and at it.
      const counted = cast(equal(sub(cumsum(ended, 1), ended), 0), "float32");
      const difference = sub(ofP, ofQ);
      const along = mul(reshape(counted, [count, time, 1]), difference);
      const said = oneHot(cast(targets, "int32"), ofP.shape[2]!, 1, 0, "float32");
      return {
        logRatios: sum(mul(along, said), [1, 2]),
        conditionalKls: sum(mul(along, exp(ofP)), [1, 2]),
        lengths: sum(counted, 1),
        finished: sum(mul(ended, counted), 1),
      };
    },
    { xla: false },
  );
  const all = { logRatios: new Float64Array(draws), conditionalKls: new Float64Array(draws), lengths: new Float64Array(draws) };
  let unfinished = draws;
  for (let from = 0; from < draws; from += atOnce) {
    using part = own(() => found(slice(rows, [from, 0], [Math.min(atOnce, draws - from), width])));
    const host = await read(part.value);
    all.logRatios.set(host.logRatios.data, from);
    // Rounding alone makes a sum negative.
    all.conditionalKls.set(
      Array.from(host.conditionalKls.data, (kl) => Math.max(0, kl)),
      from,
    );
    all.lengths.set(host.lengths.data, from);
    unfinished -= Array.from(host.finished.data).reduce((a, b) => a + b, 0);
  }
  return { ...all, unfinished };
}
