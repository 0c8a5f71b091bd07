import {
  add,
  cast,
  div,
  logicalAnd,
  logicalNot,
  maximum,
  mul,
  onesLike,
  scalar,
  slice,
  sub,
  sum,
  where,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { applyUpdates, axes, foldIn, map, norm, scale, termsAndGrad, add as plus } from "@lab/tensor-core";
import type { Algorithm, Decoder, DecoderParams, GradientTransform, Key, Tree } from "@lab/tensor-core";
import { delegationOf, delegationTerms, type Delegation, type DelegationOptions } from "./delegation.ts";

/**
 * Input and target tokens, int32 [batch, time]: target t is token t + 1 of its document. `segments` keeps packed documents apart; `counted`, 0 or 1, says
 * which positions there are where rows are filled up.
 */
export type TokenBatch = { readonly tokens: Tensor2D; readonly targets: Tensor2D; readonly segments?: Tensor2D; readonly counted?: Tensor2D };

/** The parameters, what the transform remembers, and how many positions were trained towards their true token so far, an int32 scalar. */
export type PretrainState<S extends Tree = Tree> = { readonly params: DecoderParams; readonly transform: S; readonly trueTargets: Scalar };

/** Of the step's batch before the update, scalars: L; the mean loss without `<CALL>` of called and of other tokens, nats, 0 where there are none; rates; mean s. */
export type PretrainInfo = {
  readonly loss: Scalar;
  readonly callLoss: Scalar;
  readonly ownLoss: Scalar;
  readonly callRate: Scalar;
  readonly ignoreRate: Scalar;
  readonly logOdds: Scalar;
  readonly gradNorm: Scalar;
  readonly trueTargets: Scalar;
};

export type PretrainOptions<Evidence, Batch, S extends Tree> = Omit<DelegationOptions<Evidence>, "evidence" | "counted"> & {
  /** What the selectors know of a batch besides its losses; noise is drawn from the key. */
  readonly evidence: (batch: Batch, key: Key) => Evidence;
  readonly transform: GradientTransform<S>;
  /** Into how many parts a batch is cut whose gradients are averaged: memory for time. The choice of tokens is made within each part. */
  readonly accumulate?: number;
};

/** Sums over positions, from which the info is made. */
type Sums = {
  readonly loss: Scalar;
  readonly called: Scalar;
  readonly ignored: Scalar;
  readonly counted: Scalar;
  readonly callLoss: Scalar;
  readonly ownLoss: Scalar;
  readonly logOdds: Scalar;
};

function sums({ share, loss, logOdds, called, ignored }: Delegation, counted: Tensor | undefined): Sums {
  const there = counted ?? cast(onesLike(loss), "bool");
  const total = (x: Tensor): Scalar => sum<Scalar>(where(there, x, 0));
  const among = (mask: Tensor): Scalar => sum<Scalar>(where(logicalAnd(mask, there), loss, 0));
  return {
    loss: sum<Scalar>(share),
    called: total(cast(called, "float32")),
    ignored: total(cast(ignored, "float32")),
    counted: sum<Scalar>(cast(there, "float32")),
    callLoss: among(called),
    ownLoss: among(logicalNot(called)),
    logOdds: total(logOdds),
  };
}

/**
 * Pre-training with delegation: θ ← θ + transform(∇ L(θ)), L the delegation loss whose calls are chosen by the losses of this very batch [Ujvary2026].
 *
 * The model's last token is `<CALL>`. The step is one pure function, the choice included. `trueTargets` counts the positions that had a gradient towards
 * their true token, neither called nor ignored, up to 2³¹ − 1: methods are compared at equal counts. A selector that never calls is ordinary pre-training.
 *
 * @throws RangeError unless accumulate is a whole number of at least 1 that divides the batch; ShapeError where a batch's shapes disagree
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { adamw, decoder, key, run } from "@lab/tensor-core";
 * import { lacy, pretrain } from "@lab/lacy";
 * const model = decoder({ vocabulary: 9, context: 4, layers: 1, channels: 8, heads: 2 });
 * const int = (...ids: number[]) => tensor2d(ids, [1, 4], "int32");
 * const batch = { tokens: int(1, 2, 3, 4), targets: int(2, 3, 4, 5), factual: tensor2d([0, 1, 1, 0], [1, 4], "bool") };
 * const algorithm = pretrain(model, { calls: lacy({ fraction: 0.25 }), evidence: ({ factual }: typeof batch) => ({ factual }), transform: adamw(0.01) });
 * const data = { from: () => (async function* () { while (true) yield { value: batch, [Symbol.dispose]() {} }; })() };
 * using result = await run(algorithm, model.init(key(0)), { key: key(1), steps: 3, data });
 * result.state.value.trueTargets.dataSync()[0]; // => 9
 * ```
 */
export function pretrain<Evidence, Batch extends TokenBatch & Tree, S extends Tree>(
  model: Pick<Decoder, "apply">,
  { evidence, transform, accumulate = 1, ...delegation }: PretrainOptions<Evidence, Batch, S>,
): Algorithm<DecoderParams, PretrainState<S>, PretrainInfo, Batch> {
  if (!(Number.isInteger(accumulate) && accumulate >= 1))
    throw new RangeError(`Cannot pre-train: expected accumulate to be a whole number of at least 1, got ${accumulate}`);

  function pass(params: DecoderParams, batch: Batch, key: Key): { readonly grad: DecoderParams; readonly seen: Sums } {
    const { segments } = batch;
    const counted = batch.counted === undefined ? undefined : (cast(batch.counted, "bool") as Tensor2D);
    axes("pretrain", [batch.tokens, "batch time"], [batch.targets, "batch time"]);
    const known = evidence(batch, key);
    const { terms, grad } = termsAndGrad((at: DecoderParams) =>
      delegationTerms(model.apply(at, batch.tokens, segments === undefined ? {} : { segments }), batch.targets, {
        ...delegation,
        evidence: known,
        ...(counted === undefined ? {} : { counted }),
      }),
    )(params);
    return { grad, seen: sums(delegationOf(terms), counted) };
  }

  function parts(params: DecoderParams, batch: Batch, key: Key): { readonly grad: DecoderParams; readonly seen: Sums } {
    if (accumulate === 1) return pass(params, batch, key);
    const rows = batch.tokens.shape[0];
    if (rows % accumulate !== 0) throw new RangeError(`Cannot pre-train: expected a batch of a multiple of ${accumulate} rows, got ${rows}`);
    const each = rows / accumulate;
    const part = (i: number): Batch => map((x) => slice(x, [i * each], [each]), batch);
    const first = pass(params, part(0), foldIn(key, 0));
    let total = first;
    for (let i = 1; i < accumulate; i++) {
      const next = pass(params, part(i), foldIn(key, i));
      total = { grad: plus(total.grad, next.grad), seen: map((x, y) => add(x, y), total.seen, next.seen) };
    }
    const mean = 1 / accumulate;
    return { grad: scale(mean, total.grad), seen: { ...total.seen, loss: mul(total.seen.loss, mean) } };
  }

  return {
    init: (params) => ({ params, transform: transform.init(params), trueTargets: scalar(0, "int32") }),
    step(key, state, batch) {
      const { grad, seen } = parts(state.params, batch, key);
      const [updates, next] = transform.update(grad, state.transform, state.params);
      const learned = sub(sub(seen.counted, seen.called), seen.ignored);
      const trueTargets = add<Scalar>(state.trueTargets, cast(learned, "int32"));
      const per = (x: Scalar, y: Scalar): Scalar => div<Scalar>(x, maximum(y, 1));
      const info = {
        loss: seen.loss,
        callLoss: per(seen.callLoss, seen.called),
        ownLoss: per(seen.ownLoss, sub<Scalar>(seen.counted, seen.called)),
        callRate: per(seen.called, seen.counted),
        ignoreRate: per(seen.ignored, seen.counted),
        logOdds: per(seen.logOdds, seen.counted),
        gradNorm: norm(grad),
        trueTargets,
      };
      return [{ params: applyUpdates(state.params, updates), transform: next, trueTargets }, info];
    },
  };
}

/**
 * The forward steps that give as many true targets as so many steps without calls: baseline / (1 − called − ignored), rounded up [Ujvary2026].
 *
 * @throws RangeError unless baseline is a whole number of at least 0, the rates are not negative and their sum is below 1
 * @example
 * ```ts
 * import { forwardSteps } from "@lab/lacy";
 * forwardSteps(340, { called: 0.15 }); // => 400
 * ```
 */
export function forwardSteps(baseline: number, { called, ignored = 0 }: { readonly called: number; readonly ignored?: number }): number {
  if (!(Number.isInteger(baseline) && baseline >= 0)) throw new RangeError(`Cannot match steps: expected a whole number of them, got ${baseline}`);
  if (!(called >= 0 && ignored >= 0 && called + ignored < 1))
    throw new RangeError(`Cannot match steps: expected rates that sum to less than 1, got ${called} and ${ignored}`);
  // 0.85 is not a double: without the slack 340 / 0.85 would need 401 steps.
  return Math.ceil(baseline / (1 - called - ignored) - 1e-9 * baseline);
}
