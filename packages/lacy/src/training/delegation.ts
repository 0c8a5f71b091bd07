import {
  add,
  cast,
  customGrad,
  div,
  equal,
  exp,
  expandDims,
  fill,
  gather,
  log,
  logicalAnd,
  logicalNot,
  max,
  maximum,
  mul,
  neg,
  range,
  reshape,
  sigmoid,
  softplus,
  squeeze,
  slice,
  stack,
  sub,
  sum,
  unstack,
  where,
  type GradSaveFunc,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { axes, ShapeError } from "@lab/tensor-core";
import { targetPositions } from "../evidence/target-positions.ts";
import type { TokenLoss } from "../evidence/token-loss.ts";
import type { Mask, TokenSelector } from "../selection/selector.ts";

/** Which tokens to delegate, and what the choice needs to know besides their loss. */
export type DelegationOptions<Evidence> = {
  readonly calls: TokenSelector<TokenLoss & Evidence>;
  readonly evidence: Evidence;
  /** Which tokens nothing is learned from: none unless told. A token that is called is not ignored. */
  readonly ignores?: TokenSelector<TokenLoss & Evidence>;
  /** What the sum is divided by: all positions, or those that are not ignored. */
  readonly normaliseBy?: "all" | "kept";
  /** Which positions there are: all unless told. Selectors are told them, and that the loss of the others is NaN: a fraction is one of these, and none else is taken. */
  readonly counted?: Mask;
  /** The softmax at tokens that are not called: without `<CALL>` as in the paper, or over all tokens, which calibrates p(c). */
  readonly ownSoftmax?: "without" | "full";
  /**
   * The loss that the selectors are told: −ln q, without `<CALL>`, or −ln p = −ln q + softplus(s) over all tokens, under which what is called already looks harder
   * and is called again. q unless told.
   */
  readonly rankBy?: "q" | "p";
};

/** By position, [batch, time]: its share of the loss, the loss of its token without `<CALL>`, s = ln p(c)/(1 − p(c)), whether it was called and ignored. */
export type Delegation = {
  readonly share: Tensor2D;
  readonly loss: Tensor2D;
  readonly logOdds: Tensor2D;
  readonly called: Mask;
  readonly ignored: Mask;
};

/** The parts of `delegationTerms` by name. */
export function delegationOf(terms: Tensor): Delegation {
  const [share, loss, logOdds, called, ignored] = unstack(terms, 0) as [Tensor2D, Tensor2D, Tensor2D, Tensor2D, Tensor2D];
  return { share, loss, logOdds, called: cast(called, "bool") as Mask, ignored: cast(ignored, "bool") as Mask };
}

/**
 * The delegation loss by position, and what it was decided by, in one pass: [5, batch, time]. Only the first row, whose sum is the loss, has a gradient.
 *
 * One pass over the logits gives the value and one the gradient: weight · exp(z − S) − 1[v = aim], where the aim of a call is `<CALL>`.
 *
 * @throws ShapeError where shapes disagree, or where there is no ordinary token; RangeError for a rankBy that is none
 */
export function delegationTerms<Evidence>(
  logits: Tensor3D,
  targets: Tensor2D,
  { calls, evidence, ignores, normaliseBy = "all", counted, ownSoftmax = "without", rankBy = "q" }: DelegationOptions<Evidence>,
): Tensor3D {
  const given = counted === undefined ? [] : [[counted, "batch time"] as const];
  const { batch, time, vocabulary } = axes("delegationLoss", [logits, "batch time vocabulary"], [targets, "batch time"], ...given);
  if (vocabulary < 2) throw new ShapeError(`Cannot apply delegationLoss: expected a vocabulary of at least one token and <CALL>, got ${vocabulary}`);
  if (rankBy !== "q" && rankBy !== "p") throw new RangeError(`Cannot apply delegationLoss: rankBy must be "q" or "p", got "${String(rankBy)}"`);
  const none = (): Mask => cast(fill([batch, time], 0), "bool") as Mask;

  const terms = customGrad((...received: (Tensor | GradSaveFunc)[]) => {
    const [z, save] = received as [Tensor3D, GradSaveFunc];
    const isCall = equal(range(0, vocabulary, 1, "int32"), vocabulary - 1);
    const top = max(where(isCall, -Infinity, z), -1, true);
    // At a logit of <CALL> far above the others exp would overflow: it is left out before.
    const partition = add(squeeze(top, [2]), log(sum(where(isCall, 0, exp(sub(where(isCall, top, z), top))), -1))) as Tensor2D;
    const logOdds = sub(squeeze(slice(z, [0, 0, vocabulary - 1], [batch, time, 1]), [2]), partition) as Tensor2D;
    const loss = sub(partition, reshape(gather(reshape(z, [-1]), targetPositions(targets, vocabulary)), [batch, time])) as Tensor2D;
    const full = (): Tensor2D => add(loss, softplus(logOdds));
    const ranked = rankBy === "p" ? full() : loss;
    const known = { ...evidence, ...(counted === undefined ? { loss: ranked } : { loss: where(counted, ranked, NaN) as Tensor2D, counted }) };
    const chosen = calls(known);
    axes("delegationLoss", [chosen, `${batch} ${time}`]);
    const there = (mask: Mask): Mask => (counted === undefined ? mask : (logicalAnd(mask, counted) as Mask));
    const called = there(chosen);
    const ignored = ignores === undefined ? none() : there(logicalAnd(ignores(known), logicalNot(called)) as Mask);
    const own = logicalNot(called);
    // 1/N where something is learned, else 0.
    const learned = sub(counted === undefined ? fill([batch, time], 1) : cast(counted, "float32"), cast(ignored, "float32")) as Tensor2D;
    const among = normaliseBy === "kept" ? learned : counted === undefined ? undefined : cast(counted, "float32");
    const unit = among === undefined ? mul(learned, 1 / (batch * time)) : mul(learned, div(1, maximum(sum<Scalar>(among), 1)));
    const ordinary = ownSoftmax === "full" ? full() : loss;
    const share = mul(unit, where(called, softplus(neg(logOdds)), ordinary));
    const aim = where(called, fill([batch, time], vocabulary - 1, "int32"), targets);
    save([z, partition, logOdds, called, own, unit, aim]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [z, S, s, c, o, u, y] = saved as [Tensor3D, Tensor2D, Tensor2D, Mask, Mask, Tensor2D, Tensor2D];
      const scale = mul(u, squeeze(slice(dy, [0, 0, 0], [1, batch, time]), [0]));
      const away = sigmoid(neg(s));
      // (1 − p_c) q at a call, and everywhere under the full softmax; q elsewhere.
      const weight = ownSoftmax === "full" ? away : where(c, away, 1);
      const call = ownSoftmax === "full" ? mul(sigmoid(s), cast(o, "float32")) : fill([batch, time], 0);
      const hit = where(c, away, 1);
      const last = equal(range(0, vocabulary, 1, "int32"), vocabulary - 1);
      const column = (x: Tensor): Tensor => expandDims(x, -1);
      const down = where(last, column(mul(scale, call)), mul(exp(sub(where(last, column(S), z), column(S))), column(mul(scale, weight))));
      return sub(down, where(equal(column(y), range(0, vocabulary, 1, "int32")), column(mul(scale, hit)), 0));
    };
    return { value: stack([share, loss, logOdds, cast(called, "float32"), cast(ignored, "float32")]), gradFunc };
  });
  return terms(logits) as Tensor3D;
}
