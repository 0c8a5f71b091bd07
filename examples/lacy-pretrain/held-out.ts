import { cast, div, logicalAnd, logSumExp, max, onesLike, slice, sub, sum, type Scalar, type Tensor2D } from "@tensorflow/tfjs-core";
import { jit, own, readSync, scoped, type Decoder, type DecoderParams } from "@lab/tensor-core";
import { fullBatch, type Dataset } from "@lab/tensor-core/data";
import { callLosses, callMargin, highest, tokenLoss, type Mask } from "@lab/lacy";
import type { Score } from "./methods.ts";
import { wholeBatches, type Rows } from "./rows.ts";

/** Nats, means over batches of held-out documents, on and off the tokens whose call scores are highest. */
export type HeldOut = {
  readonly callLoss: number;
  readonly nonCallLoss: number;
  readonly totalLoss: number;
  /** The losses of the model without calls on the same tokens. */
  readonly baselineCallLoss: number;
  readonly baselineNonCallLoss: number;
  /** exp(nonCallLoss). */
  readonly perplexity: number;
  /** Of the tokens that would be called, the share that the parser calls facts. */
  readonly callsOnFacts: number;
  /** Call scores of the first batch, by which a controller begins. */
  readonly scores: { readonly [S in Score]: Float32Array };
};

type Measured = { readonly [Name in "callLoss" | "nonCallLoss" | "totalLoss" | "baselineCallLoss" | "baselineNonCallLoss" | "callsOnFacts"]: Scalar };

export type Meter = Disposable & ((params: DecoderParams, baseline: DecoderParams, by: Exclude<Score, "draw">) => HeldOut);

/** Measures decoders of one shape on held-out rows. */
export function heldOutMeter(
  model: Decoder,
  { rows, size, fraction, xla }: { readonly rows: Dataset<Rows>; readonly size: number; readonly fraction: number; readonly xla: boolean },
): Meter {
  const measured = (by: Exclude<Score, "draw">) =>
    jit(
      (
        params: DecoderParams,
        baseline: DecoderParams,
        { tokens, targets, segments, factual }: Rows,
      ): { readonly means: Measured; readonly margin: Tensor2D; readonly doubt: Tensor2D } => {
        const logits = model.apply(params, tokens, { segments });
        const [batch, time, vocabulary] = logits.shape;
        const own = slice(logits, [0, 0, 0], [batch, time, vocabulary - 1]);
        const scores = { margin: callMargin(logits), doubt: sub(logSumExp(own, -1), max(own, -1)) as Tensor2D };
        const everywhere = (): Mask => cast(onesLike(scores.margin), "bool") as Mask;
        const mask = highest((known: typeof scores) => known[by], { among: everywhere, fraction })(scores);
        const mine = callLosses(tokenLoss(logits, targets), mask);
        const its = callLosses(tokenLoss(model.apply(baseline, tokens, { segments }), targets), mask);
        const onFacts = div<Scalar>(sum(cast(logicalAnd(mask, cast(factual, "bool")), "float32")), sum(cast(mask, "float32")));
        const means = {
          callLoss: mine.callLoss,
          nonCallLoss: mine.nonCallLoss,
          totalLoss: mine.totalLoss,
          baselineCallLoss: its.callLoss,
          baselineNonCallLoss: its.nonCallLoss,
          callsOnFacts: onFacts,
        };
        return { means, ...scores };
      },
      { xla },
    );
  const meters = { margin: measured("margin"), doubt: measured("doubt") };
  // A mean over batches is one over tokens if all are whole.
  const whole = [...wholeBatches(rows, size)].filter(({ count }, i) => count === size || i === 0);

  const meter = (params: DecoderParams, baseline: DecoderParams, by: Exclude<Score, "draw">): HeldOut => {
    const seen = whole.map(({ batch }) => {
      using found = own(() => meters[by](params, baseline, fullBatch(batch)));
      return scoped(() => readSync(found.value));
    });
    const over = (name: keyof Measured): number => seen.reduce((total, { means }) => total + Number(means[name].data[0]), 0) / seen.length;
    const nonCallLoss = over("nonCallLoss");
    return {
      callLoss: over("callLoss"),
      nonCallLoss,
      totalLoss: over("totalLoss"),
      baselineCallLoss: over("baselineCallLoss"),
      baselineNonCallLoss: over("baselineNonCallLoss"),
      perplexity: Math.exp(nonCallLoss),
      callsOnFacts: over("callsOnFacts"),
      scores: {
        margin: Float32Array.from(seen[0]!.margin.data),
        doubt: Float32Array.from(seen[0]!.doubt.data),
        draw: Float32Array.from({ length: 200 }, (_, i) => (i + 0.5) / 200),
      },
    };
  };
  return Object.assign(meter, {
    [Symbol.dispose]: () => {
      meters.margin[Symbol.dispose]();
      meters.doubt[Symbol.dispose]();
    },
  });
}
