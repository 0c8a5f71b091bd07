import {
  add,
  cast,
  div,
  gather,
  maximum,
  minimum,
  mul,
  onesLike,
  reshape,
  scalar,
  sum,
  tensor1d,
  zeros,
  zerosLike,
  type Scalar,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { split, tensors, type Algorithm, type Params } from "@lab/tensor-core";
import type { HmcInfo, HmcStart, HmcState } from "../hmc/hmc.ts";
import { checkedLadder } from "../gibbs/ladder.ts";

/** The chains, and the number of intervals that they have passed. */
export type AnnealingState<P extends Params> = { readonly chains: HmcState<P>; readonly passed: Scalar };

/** Of one interval, [chain] each. */
export type AnnealingInfo = {
  /** U before the move, nats: what enters the weight. */
  readonly energy: Tensor;
  /** Mean acceptance of the moves. */
  readonly acceptance: Tensor;
  readonly divergent: Tensor;
};

export type AnnealingOptions = {
  /** 0 = β₀ < … < β_K, fixed beforehand. */
  readonly ladder: readonly number[];
  /** The step size at β₁ … β_K, fixed beforehand; one number for all. */
  readonly stepSizes: number | readonly number[];
  /** Moves at each β. */
  readonly moves?: number;
};

/**
 * One interval of annealed importance sampling a step: the energy of each chain is recorded, λ goes up by one rung, and `moves` steps of a sampler that leaves
 * ρ_λ invariant follow [Neal2001, §2].
 *
 * Run as many steps as the ladder has intervals, from exact draws of the prior (`priorDraws`), and record `info.energy`: `annealedEvidence` makes weights of
 * it. E[Ẑ] = Z holds because the Metropolis step of `hmc` leaves each ρ_β invariant and nothing adapts: take ladder, step sizes and the number of chains from
 * a pilot with another key. Steps beyond the last rung move on at the last λ.
 *
 * @throws RangeError for a ladder that does not start at 0 or increase, step sizes that are not positive or not one for each interval, or fewer than one move
 * @example
 * ```ts
 * import { square, zeros, type Tensor } from "@tensorflow/tfjs-core";
 * import { key, run, split } from "@lab/tensor-core";
 * import { annealedEvidence, annealedImportance, fixedSteps, gaussianPrior, hmc, priorDraws } from "@lab/pacbayes";
 * const ladder = [0, 0.5, 1];
 * const [start, moves] = split(key(1));
 * const position = priorDraws(start, gaussianPrior({ u: zeros([1, 2]) }, { scale: 1 }), { chains: 64 });
 * const sampler = hmc(({ u }: { u: Tensor }) => square(u), { trajectory: fixedSteps(5) });
 * const annealing = annealedImportance(sampler, { ladder, stepSizes: 0.3 });
 * using result = await run(annealing, position, { key: moves, steps: 2, record: (_, { energy }) => ({ energy }) });
 * const { energy } = result.trace;
 * const rows = [0, 1].map((step) => Array.from({ length: 64 }, (_, chain) => energy.get(step, chain)));
 * // U = u₁² + u₂²: F(1) = ln 3
 * Math.abs(annealedEvidence(rows, ladder).freeEnergy - Math.log(3)) < 0.5; // => true
 * ```
 */
export function annealedImportance<P extends Params>(
  sampler: Algorithm<HmcStart<P>, HmcState<P>, HmcInfo>,
  { ladder, stepSizes, moves = 1 }: AnnealingOptions,
): Algorithm<P, AnnealingState<P>, AnnealingInfo> {
  const lambdas = checkedLadder(ladder).slice(1);
  if (lambdas.length === 0) throw new RangeError("Cannot anneal: expected a ladder of at least one interval, got none");
  const sizes = typeof stepSizes === "number" ? lambdas.map(() => stepSizes) : stepSizes;
  if (sizes.length !== lambdas.length) throw new RangeError(`Cannot anneal: expected ${lambdas.length} step sizes, got ${sizes.length}`);
  const bad = sizes.find((size) => !(size > 0 && size < Infinity));
  if (bad !== undefined) throw new RangeError(`Cannot anneal: a step size must be positive and finite, got ${bad}`);
  if (!(Number.isInteger(moves) && moves >= 1)) throw new RangeError(`Cannot anneal: moves must be a whole number of at least 1, got ${moves}`);

  return {
    init(position) {
      const count = tensors(position)[0]!.shape[0]!;
      return { chains: sampler.init({ position, lambda: zeros([count]), stepSize: scalar(sizes[0]!) }), passed: scalar(0, "int32") };
    },
    step(key, { chains, passed }) {
      const energy = sum(chains.terms, 1);
      const rung = minimum(passed, scalar(lambdas.length - 1, "int32"));
      const lambda = mul(onesLike(chains.lambda), gather(tensor1d([...lambdas]), rung));
      const stepSize = reshape(gather(tensor1d([...sizes]), rung), []) as Scalar;
      let state: HmcState<P> = { ...chains, lambda, stepSize };
      let [acceptance, divergent]: [Tensor, Tensor] = [zerosLike(energy), zerosLike(energy)];
      for (const one of split(key, moves)) {
        const [next, info] = sampler.step(one, state);
        state = next;
        acceptance = add(acceptance, div(info.acceptance, moves));
        divergent = maximum(divergent, cast(info.divergent, "float32"));
      }
      return [
        { chains: state, passed: add(passed, scalar(1, "int32")) },
        { energy, acceptance, divergent: cast(divergent, "bool") },
      ];
    },
  };
}
