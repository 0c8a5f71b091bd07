import {
  add,
  all,
  cast,
  div,
  equal,
  exp,
  fill,
  greater,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
} from "@tensorflow/tfjs-core";
import { log1p, abs, scalar, sub, sum, unstack, where, zeros, zerosLike, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { foldIn, iterate, split, termsAndGrad, uniform, type Algorithm, type Params } from "@lab/tensor-core";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { chainDot, whereChains } from "./chain-sums.ts";
import { integrated, type Dynamics, type PhasePoint } from "./endpoint.ts";
import { flat } from "./flat.ts";
import { straight } from "./flow.ts";
import type { HmcInfo, HmcOptions, HmcStart, HmcState } from "./hmc.ts";
import { leapfrog } from "./integrator.ts";
import { identity, type Metric } from "./metric.ts";
import { begun, energyChange } from "./transition.ts";
import { closed, levels, type OpenSubtrees } from "./turning.ts";

/** `steps` counts each chain's gradients, in units of the integrator's drifts; `depth` how often its trajectory doubled; [chain], int32. */
export type NutsInfo = HmcInfo & {
  readonly depth: Tensor;
  /** Whether the trajectory was still going when it reached the greatest depth. */
  readonly truncated: Tensor;
};

export type NutsOptions<P extends Params> = Omit<HmcOptions<P>, "trajectory" | "metric"> & {
  readonly metric?: Metric<P>;
  /** A trajectory has at most 2^{mostDoublings} − 1 steps. */
  readonly mostDoublings?: number;
};

/** A point that may become the next one, with its ΔH against the start [chain]. */
type Candidate<P extends Params> = { readonly position: P; readonly terms: Tensor; readonly grad: P; readonly change: Tensor; readonly momentum: P };

/** A part of a trajectory: the log of its weight, Σ e^{−ΔH}, the sum of its momenta, and the point drawn from it. */
type Part<P extends Params> = { readonly logWeight: Tensor; readonly momenta: Tensor2D; readonly drawn: Candidate<P> };

/** Everything has a first axis of chains. */
type Growth<P extends Params> = {
  readonly left: PhasePoint<P>;
  readonly right: PhasePoint<P>;
  readonly whole: Part<P>;
  readonly at: PhasePoint<P>;
  readonly direction: Tensor;
  /** Leaves of the new part so far. */
  readonly leaf: Tensor;
  readonly part: Part<P>;
  readonly open: OpenSubtrees;
  readonly depth: Tensor;
  readonly done: Tensor;
  readonly divergent: Tensor;
  readonly turned: Tensor;
  readonly acceptances: Tensor;
  readonly steps: Tensor;
};

/** ln 0, but such that differences are numbers. */
const NOTHING = -1e30;

/**
 * The no-U-turn sampler: a trajectory doubles, forwards or backwards in time, until it or a balanced part of it turns back, ⟨D p_±, ρ⟩ ≤ 0 with ρ the sum of its
 * momenta; the next point is drawn from it with weights e^{−H}, the newer half favoured [Hoffman2014, §3; Betancourt2017, §A.3–A.4].
 *
 * For targets of moderate dimension, where the right length of a trajectory varies from place to place: chains walk in step, and wait for the one that walks
 * longest. Trees are walked leaf by leaf, with momenta kept for the open subtrees alone [Phan2019]. `acceptance` is the mean of min(1, e^{−ΔH}) over the leaves,
 * for `adapted` at its default target. A leaf with ΔH beyond `divergence`, or NaN, ends the trajectory and is not drawn. The target stays exactly invariant (up
 * to arithmetic); nothing is promised about mixing.
 *
 * @throws RangeError unless `mostDoublings` is a whole number from 1 to 14; ShapeError as `hmc`
 * @example
 * ```ts
 * import { ones, scalar, square, zeros, type Tensor } from "@tensorflow/tfjs-core";
 * import { key, run } from "@lab/tensor-core";
 * import { nuts } from "@lab/pacbayes";
 * const sampler = nuts(({ u }: { u: Tensor }) => square(u), { mostDoublings: 5 });
 * const start = { position: { u: zeros([3, 5]) }, lambda: ones([3]), stepSize: scalar(0.3) };
 * using draws = await run(sampler, start, { key: key(1), steps: 10, record: (_, { likelihood, depth }) => ({ likelihood, depth }) });
 * draws.trace.depth.shape; // => [ 10, 3 ]
 * ```
 */
export function nuts<P extends Params>(
  energy: Energy<P>,
  { integrator = leapfrog, flow = straight, metric = identity<P>(), divergence = 1000, mostDoublings = 10 }: NutsOptions<P> = {},
): Algorithm<HmcStart<P>, HmcState<P>, NutsInfo> {
  if (!(Number.isInteger(mostDoublings) && mostDoublings >= 1 && mostDoublings <= 14))
    throw new RangeError(`Cannot sample without U-turns: mostDoublings must be a whole number from 1 to 14, got ${mostDoublings}`);
  const dynamics: Dynamics<P> = { evaluate: termsAndGrad(energy), integrator, flow, metric };
  const velocity = (momentum: P): Tensor2D => flat(metric.velocity(momentum));

  return {
    init: (start) => begun("nuts", start, dynamics),
    step(key, state) {
      const [momentumKey, directionKey, leavesKey] = split(key, 3) as [typeof key, typeof key, typeof key];
      const { lambda, stepSize } = state;
      const momentum = metric.momentum(momentumKey, state.position);
      const start: PhasePoint<P> = { position: state.position, momentum, terms: state.terms, grad: state.grad };
      const tables = levels(mostDoublings);
      const none = zerosLike(lambda);
      const no = greater(none, 0);
      const whole: Part<P> = { logWeight: none, momenta: flat(momentum), drawn: { ...start, change: none } };
      const nothing: Part<P> = { ...whole, logWeight: add(none, NOTHING), momenta: zerosLike(whole.momenta) };
      const [chains, size] = whole.momenta.shape;
      const open = { velocities: zeros([chains, mostDoublings, size]), sums: zeros([chains, mostDoublings, size]) };
      const counted = { leaf: cast(none, "int32"), depth: cast(none, "int32"), steps: cast(none, "int32"), acceptances: none };
      const flags = { done: no, divergent: no, turned: no };
      const begin: Growth<P> = {
        left: start,
        right: start,
        whole,
        at: start,
        direction: sign(uniform(directionKey, [chains])),
        part: nothing,
        open,
        ...counted,
        ...flags,
      };

      const grown = (now: Growth<P>, i: Scalar): Growth<P> => {
        const [drawLeaf, drawPart, drawDirection] = unstack(uniform(foldIn(leavesKey, i), [3, chains])) as [Tensor, Tensor, Tensor];
        const leaf = integrated(dynamics, now.at, { lambda, stepSize: mul(now.direction, stepSize) });
        const change = energyChange(dynamics, start, { end: leaf, lambda });
        // Written so that NaN is not sound.
        const sound = logicalAnd(less(change, divergence), greater(change, -divergence));
        const momenta = add(now.part.momenta, flat(leaf.momentum)) as Tensor2D;
        const part = joined(now.part, { logWeight: where(sound, neg(change), fill([chains], NOTHING)), momenta, drawn: { ...leaf, change } }, { by: drawLeaf });
        const { open: opened, turns } = closed(tables, now.open, {
          n: now.leaf as Tensor1D,
          velocity: velocity(leaf.momentum),
          before: now.part.momenta,
          after: momenta,
        });

        const steps = add(now.leaf, scalar(1, "int32"));
        const full = equal(steps, powerOfTwo(now.depth));
        const broken = logicalOr(turns, logicalNot(sound));
        const grew = logicalAnd(full, logicalNot(broken));
        const forwards = greater(now.direction, 0);
        const right = whereChains(logicalAnd(grew, forwards), leaf, now.right);
        const left = whereChains(logicalAnd(grew, logicalNot(forwards)), leaf, now.left);
        const taken = logicalAnd(grew, less(log(drawPart), sub(part.logWeight, now.whole.logWeight)));
        const sums = add(now.whole.momenta, part.momenta) as Tensor2D;
        const both: Part<P> = {
          logWeight: where(grew, logAddExp(now.whole.logWeight, part.logWeight), now.whole.logWeight),
          momenta: whereChains(grew, { sums }, { sums: now.whole.momenta }).sums,
          drawn: whereChains(taken, part.drawn, now.whole.drawn),
        };
        const depth = add(now.depth, cast(grew, "int32"));
        const back = (end: PhasePoint<P>): Tensor => lessEqual(sum(mul(velocity(end.momentum), sums), 1), 0);
        const turned = logicalOr(turns, logicalAnd(grew, logicalOr(back(left), back(right))));
        const done = logicalOr(logicalOr(broken, turned), equal(depth, mostDoublings));
        const direction = where(grew, sign(drawDirection), now.direction);
        const exact = exp(minimum(neg(change), 0));
        const next: Growth<P> = {
          left,
          right,
          whole: both,
          at: whereChains(grew, whereChains(greater(direction, 0), right, left), leaf),
          direction,
          leaf: where(grew, zerosLike(steps), steps),
          part: whereChains(grew, nothing, part),
          open: opened,
          depth,
          done,
          divergent: logicalNot(sound),
          turned,
          acceptances: add(now.acceptances, where(sound, exact, zerosLike(exact))),
          steps: add(now.steps, scalar(1, "int32")),
        };
        // Chains that have arrived stay as they are.
        return whereChains(now.done, now, next);
      };
      const end = iterate(2 ** mostDoublings - 1, grown, begin, { until: ({ done }) => all(done) as Scalar });

      const { position, terms, grad, change, momentum: led } = end.whole.drawn;
      const likelihood = sum(terms, 1);
      const prior = mul(chainDot(position, position), 0.5);
      const hamiltonian = add(add(mul(lambda, likelihood), prior), mul(chainDot(metric.velocity(led), led), 0.5));
      const { steps, depth, divergent, turned } = end;
      const acceptance = div(end.acceptances, cast(steps, "float32"));
      const truncated = logicalAnd(equal(depth, mostDoublings), logicalNot(turned));
      const info = { likelihood, prior, hamiltonian, acceptance, accepted: logicalNot(equal(change, 0)), divergent, steps, depth, truncated };
      return [{ position, lambda, stepSize, terms, grad }, info];
    },
  };
}

/** Two neighbouring parts as one; the point comes from the newer with its share of the weight [Betancourt2017, §A.3.1]. */
function joined<P extends Params>(older: Part<P>, newer: Part<P>, { by }: { readonly by: Tensor }): Part<P> {
  const logWeight = logAddExp(older.logWeight, newer.logWeight);
  const taken = less(log(by), sub(newer.logWeight, logWeight));
  return { logWeight, momenta: newer.momenta, drawn: whereChains(taken, newer.drawn, older.drawn) };
}

/** ln(eᵃ + eᵇ) */
function logAddExp(a: Tensor, b: Tensor): Tensor {
  return add(maximum(a, b), log1p(exp(neg(abs(sub(a, b))))));
}

/** 1 for u ≥ ½, else −1. */
function sign(u: Tensor): Tensor {
  return sub(mul(cast(greater(u, 0.5), "float32"), 2), 1);
}

/** 2ᵈ */
function powerOfTwo(depth: Tensor): Tensor {
  return cast(add(exp(mul(cast(depth, "float32"), Math.LN2)), 0.5), "int32");
}
