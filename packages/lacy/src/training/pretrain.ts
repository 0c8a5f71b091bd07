import {
  add,
  cast,
  concat,
  div,
  greaterEqual,
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
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { applyUpdates, axes, foldIn, map, norm, termsAndGrad, add as plus } from "@lab/tensor-core";
import type { Algorithm, Decoder, DecoderParams, GradientTransform, Key, Tree } from "@lab/tensor-core";
import { lossBy, type TokenLoss } from "../evidence/token-loss.ts";
import type { Mask, TokenSelector } from "../selection/selector.ts";
import { delegationOf, delegationTerms, type Delegation, type DelegationOptions } from "./delegation.ts";

/**
 * Input and target tokens, int32 [batch, time]: target t is token t + 1 of its document. `segments` keeps packed documents apart; `counted`, 0 or 1, says
 * which positions there are where rows are filled up.
 */
export type TokenBatch = { readonly tokens: Tensor2D; readonly targets: Tensor2D; readonly segments?: Tensor2D; readonly counted?: Tensor2D };

/** The parameters, what the transform remembers, and, int32 scalars, the steps taken and how many positions were trained towards their true token so far. */
export type PretrainState<S extends Tree = Tree> = {
  readonly params: DecoderParams;
  readonly transform: S;
  readonly steps: Scalar;
  readonly trueTargets: Scalar;
};

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
  /** Into how many parts a batch is cut whose gradients are averaged: memory for time. */
  readonly accumulate?: number;
  /**
   * Among which tokens is chosen where a batch is cut: those of each part, or those of all parts, at the price of one more forward pass. With `"global"` the step is that of the whole batch, also
   * where parts differ in how many positions count.
   */
  readonly scope?: "forward" | "global";
  /** Steps at the beginning in which no token is called or ignored: the losses of an untrained model say little of a token. */
  readonly selectionWarmup?: number;
};

/** The rules by which tokens are chosen, and what they know. */
type Choice<Evidence> = Pick<DelegationOptions<Evidence>, "calls" | "evidence" | "ignores">;

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

/** The gradient of one forward pass, and what was seen in it. */
type Pass = { readonly grad: DecoderParams; readonly seen: Sums };
type Chosen = { readonly called: Mask; readonly ignored?: Mask };

/** The mean of passes by weights that sum to 1; what is counted is summed. */
function mean(passes: readonly Pass[], weight: (pass: Pass) => number | Scalar): Pass {
  const weighted = passes.map((each): Pass => {
    const share = weight(each);
    return { grad: map((x) => mul(x, share), each.grad), seen: { ...each.seen, loss: mul(each.seen.loss, share) } };
  });
  return weighted.reduce((a, b) => ({ grad: plus(a.grad, b.grad), seen: map((x, y) => add(x, y), a.seen, b.seen) }));
}

function countedOf({ counted }: TokenBatch): Tensor2D | undefined {
  return counted === undefined ? undefined : (cast(counted, "bool") as Tensor2D);
}

/**
 * Pre-training with delegation: θ ← θ + transform(∇ L(θ)), L the delegation loss whose calls are chosen by the losses of this very batch [Ujvary2026].
 *
 * The model's last token is `<CALL>`. The step is one pure function, the choice included. `trueTargets` counts the positions that had a gradient towards
 * their true token, neither called nor ignored, up to 2³¹ − 1: methods are compared at equal counts. A selector that never calls is ordinary pre-training.
 *
 * @throws RangeError unless accumulate is a whole number of at least 1 that divides the batch, and selectionWarmup one of at least 0, and for a scope or rankBy that is none; ShapeError where a batch's
 * shapes disagree
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
  { evidence, transform, accumulate = 1, scope = "forward", selectionWarmup = 0, calls, ignores, ...delegation }: PretrainOptions<Evidence, Batch, S>,
): Algorithm<DecoderParams, PretrainState<S>, PretrainInfo, Batch> {
  for (const [name, value, least] of [
    ["accumulate", accumulate, 1],
    ["selectionWarmup", selectionWarmup, 0],
  ] as const)
    if (!(Number.isInteger(value) && value >= least))
      throw new RangeError(`Cannot pre-train: expected ${name} to be a whole number of at least ${least}, got ${value}`);
  const { rankBy = "q" } = delegation;
  if (rankBy !== "q" && rankBy !== "p") throw new RangeError(`Cannot pre-train: rankBy must be "q" or "p", got "${String(rankBy)}"`);
  if (scope !== "forward" && scope !== "global") throw new RangeError(`Cannot pre-train: scope must be "forward" or "global", got "${String(scope)}"`);

  const logitsOf = (params: DecoderParams, { tokens, segments }: TokenBatch): Tensor3D =>
    model.apply(params, tokens, segments === undefined ? {} : { segments });

  /** The rules at a step: none before the selection has warmed up. */
  function rules(steps: Scalar): Pick<PretrainOptions<Evidence, Batch, S>, "calls" | "ignores"> {
    const given = { calls, ...(ignores !== undefined && { ignores }) };
    if (selectionWarmup === 0) return given;
    const begun = greaterEqual(steps, scalar(selectionWarmup, "int32"));
    const after =
      (select: TokenSelector<TokenLoss & Evidence>): TokenSelector<TokenLoss & Evidence> =>
      (known) =>
        logicalAnd(select(known), begun) as Mask;
    return { calls: after(calls), ...(ignores !== undefined && { ignores: after(ignores) }) };
  }

  function pass<Known>(params: DecoderParams, batch: Batch, choice: Choice<Known>): Pass {
    const counted = countedOf(batch);
    axes("pretrain", [batch.tokens, "batch time"], [batch.targets, "batch time"]);
    const { terms, grad } = termsAndGrad((at: DecoderParams) =>
      delegationTerms(logitsOf(at, batch), batch.targets, { ...delegation, ...choice, ...(counted !== undefined && { counted }) }),
    )(params);
    return { grad, seen: sums(delegationOf(terms), counted) };
  }
  /** The tokens that are called and ignored, chosen among those of all parts. */
  function chosen(
    params: DecoderParams,
    { whole, parts, select }: { readonly whole: Batch; readonly parts: readonly Batch[]; readonly select: Choice<Evidence> },
  ): Chosen {
    const { calls, ignores, evidence: known } = select;
    const counted = countedOf(whole);
    const own = concat(
      parts.map((part) => lossBy(logitsOf(params, part), part.targets, rankBy)),
      0,
    );
    const seen = { ...known, ...(counted === undefined ? { loss: own } : { loss: where(counted, own, NaN) as Tensor2D, counted }) };
    return { called: calls(seen), ...(ignores !== undefined && { ignored: ignores(seen) }) };
  }

  function passes(params: DecoderParams, batch: Batch, { key, steps }: { readonly key: Key; readonly steps: Scalar }): Pass {
    const select = rules(steps);
    if (accumulate === 1) return pass(params, batch, { ...select, evidence: evidence(batch, key) });
    const rows = batch.tokens.shape[0];
    if (rows % accumulate !== 0) throw new RangeError(`Cannot pre-train: expected a batch of a multiple of ${accumulate} rows, got ${rows}`);
    const each = rows / accumulate;
    const cut = <T extends Tree>(tree: T, i: number): T => map((x) => slice(x, [i * each], [each]), tree);
    const parts = Array.from({ length: accumulate }, (_, i) => cut(batch, i));
    if (scope === "forward")
      return mean(
        parts.map((part, i) => pass(params, part, { ...select, evidence: evidence(part, foldIn(key, i)) })),
        () => 1 / accumulate,
      );
    const { called, ignored } = chosen(params, { whole: batch, parts, select: { ...select, evidence: evidence(batch, key) } });
    const taken = parts.map((part, i) =>
      pass(params, part, { calls: () => cut(called, i), ...(ignored !== undefined && { ignores: () => cut(ignored, i) }), evidence: {} }),
    );
    // What each part's loss was divided by: its share of what the whole batch's is divided by.
    const size = ({ seen }: Pass): Scalar => (delegation.normaliseBy === "kept" ? sub<Scalar>(seen.counted, seen.ignored) : seen.counted);
    const all = maximum(
      taken.map(size).reduce((total, x) => add<Scalar>(total, x)),
      1,
    );
    return mean(taken, (part) => div<Scalar>(size(part), all));
  }

  return {
    init: (params) => ({ params, transform: transform.init(params), steps: scalar(0, "int32"), trueTargets: scalar(0, "int32") }),
    step(key, state, batch) {
      const { grad, seen } = passes(state.params, batch, { key, steps: state.steps });
      const steps = add<Scalar>(state.steps, scalar(1, "int32"));
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
      return [{ params: applyUpdates(state.params, updates), transform: next, steps, trueTargets }, info];
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
