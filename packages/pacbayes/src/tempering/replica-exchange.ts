import { add, range, scalar, sum, tensor1d, zeros, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { axes, split, type Algorithm, type Params, type Tree } from "@lab/tensor-core";
import { checkedLadder } from "../gibbs/ladder.ts";
import { chainCount } from "../hmc/chain-sums.ts";
import type { HmcStart, HmcState } from "../hmc/hmc.ts";
import { exchanged } from "./exchanged.ts";

/** Where replicas are on their way between the ends of the ladder. */
export type Replicas = {
  /** Steps taken; even and odd pairs take turns. */
  readonly count: Scalar;
  /** The replica that is here now: the chain that it started as, int32 [chain]. */
  readonly replica: Tensor;
  /** Of the replica that is here: 1 if it was last at the bottom, −1 if at the top, 0 if at neither; [chain]. */
  readonly heading: Tensor;
  /** Of the replica that is here: how often it came back to the bottom from the top; [chain]. */
  readonly roundTrips: Tensor;
};

/** Chains in the order of their rungs, those of λ₀ first. */
export type ExchangeState<P extends Params> = HmcState<P> & { readonly replicas: Replicas };

export type ExchangeInfo = {
  /** Mean acceptance of the exchange between rungs i and i + 1, [rung − 1]; 0 where it was not tried. */
  readonly exchange: Tensor;
  /** 1 where it was tried, [rung − 1]: Σ exchange / Σ tried is the exchange rate. */
  readonly tried: Tensor;
  /** Round trips of all replicas so far. */
  readonly roundTrips: Scalar;
  /** int32 [chain] */
  readonly replica: Tensor;
};

/**
 * Replica exchange along a ladder: neighbours swap positions with probability min(1, e^{(λᵢ − λⱼ)(Uᵢ − Uⱼ)}) [Geyer1991], even and odd pairs in turn
 * [Syed2022, §2.3], then every chain moves at its own λ.
 *
 * One step is one compiled call for the whole ladder. Positions come rung by rung, λ₀'s chains first, equally many each; the c-th chain of a rung trades with
 * the c-th of the next. Uᵢ − Uⱼ is summed from differences; a NaN does not swap. Every ρ_λ stays invariant, but rungs come to depend on each other: take errors
 * of sums over rungs by batch means of the whole sum. Step sizes belong to rungs: one number is given to each chain, and `adapted` lets each rung find its own.
 *
 * @throws RangeError for a ladder that is empty, does not start at 0, does not increase or has one rung; ShapeError if its rungs do not divide the chains
 * @example
 * ```ts
 * import { scalar, square, zeros, type Tensor } from "@tensorflow/tfjs-core";
 * import { key, run } from "@lab/tensor-core";
 * import { hmc, jitteredSteps, replicaExchange } from "@lab/pacbayes";
 * const ladder = [0, 0.5, 1];
 * const sampler = replicaExchange(hmc(({ u }: { u: Tensor }) => square(u), { trajectory: jitteredSteps(4) }), { ladder });
 * const start = { position: { u: zeros([6, 5]) }, stepSize: scalar(0.3) };
 * using draws = await run(sampler, start, { key: key(1), steps: 10, record: (_, { likelihood, exchange }) => ({ likelihood, exchange }) });
 * [draws.trace.likelihood.shape, draws.trace.exchange.shape]; // => [ [ 10, 6 ], [ 10, 2 ] ]
 * ```
 */
export function replicaExchange<P extends Params, Info extends { readonly [name: string]: Tree }>(
  sampler: Algorithm<HmcStart<P>, HmcState<P>, Info>,
  { ladder }: { readonly ladder: readonly number[] },
): Algorithm<Pick<HmcStart<P>, "position" | "stepSize">, ExchangeState<P>, Info & ExchangeInfo> {
  const lambdas = checkedLadder(ladder);
  const rungs = lambdas.length;
  if (rungs < 2) throw new RangeError("Cannot exchange replicas: expected a ladder of at least two rungs, got one");

  return {
    init({ position, stepSize }) {
      const chains = chainCount("replicaExchange", position);
      const each = Math.max(1, Math.round(chains / rungs));
      axes("replicaExchange", [{ rank: 1, shape: [chains] }, `${each * rungs}`]);
      const lambda = tensor1d(lambdas.flatMap((l) => Array.from({ length: each }, () => l)));
      const state = sampler.init({ position, lambda, stepSize: stepSize.rank === 0 ? add(zeros([chains]), stepSize) : stepSize });
      const heading = tensor1d(Array.from({ length: chains }, (_, chain) => (chain < each ? 1 : chain >= chains - each ? -1 : 0)));
      const replicas = { count: scalar(0, "int32"), replica: range(0, chains, 1, "int32"), heading, roundTrips: zeros([chains]) };
      return { ...state, replicas };
    },
    step(key, state) {
      const [exchangeKey, moveKey] = split(key);
      const { swapped, replicas, exchange, tried } = exchanged(exchangeKey, state, { rungs });
      const [next, info] = sampler.step(moveKey, swapped);
      return [
        { ...next, replicas },
        { ...info, exchange, tried, roundTrips: sum(replicas.roundTrips), replica: replicas.replica },
      ];
    },
  };
}
