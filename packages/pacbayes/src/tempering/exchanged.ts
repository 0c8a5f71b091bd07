import {
  add,
  cast,
  equal,
  exp,
  gather,
  isNaN as isNan,
  less,
  logicalAnd,
  mean,
  minimum,
  mod,
  mul,
  reshape,
  scalar,
  slice,
  sub,
  sum,
} from "@tensorflow/tfjs-core";
import { tensor1d, where, zerosLike, type Scalar, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { map, uniform, type Key, type Params } from "@lab/tensor-core";
import type { HmcState } from "../hmc/hmc.ts";
import type { ExchangeState, Replicas } from "./replica-exchange.ts";

/** What an exchange leaves: states at their rungs, who is where, and the acceptance of each pair of neighbours, [rung − 1]. */
export type Exchanged<P extends Params> = { readonly swapped: HmcState<P>; readonly replicas: Replicas; readonly exchange: Tensor; readonly tried: Tensor };

/** One exchange between the pairs whose turn it is: rungs (0, 1), (2, 3), … at even counts, (1, 2), (3, 4), … at odd ones. */
export function exchanged<P extends Params>(key: Key, { replicas, ...state }: ExchangeState<P>, { rungs }: { readonly rungs: number }): Exchanged<P> {
  const { lambda, terms } = state;
  const chains = lambda.shape[0]!;
  const each = chains / rungs;
  const even = equal(mod(replicas.count, 2), 0);
  const [lower, upper] = (["lower", "upper"] as const).map((end) => where(even, members(0, { chains, each, end }), members(1, { chains, each, end }))) as [
    Tensor1D,
    Tensor1D,
  ];

  // Both of a pair compute the same from the same rows, so that they cannot disagree.
  const change = sum(sub(gather(terms, lower), gather(terms, upper)), 1);
  const logRatio = mul(sub(gather(lambda, lower), gather(lambda, upper)), change);
  const exact = exp(minimum(logRatio, 0));
  const acceptance = where(isNan(logRatio), zerosLike(exact), exact);
  const paired = less(lower, upper);
  const accepted = logicalAnd(paired, less(gather(uniform(key, [chains]), lower), acceptance));

  const self = tensor1d(
    Int32Array.from({ length: chains }, (_, chain) => chain),
    "int32",
  );
  const partner = sub(add(lower, upper), self);
  const source = where(accepted, partner, self) as Tensor1D;
  const moved = <T extends Params>(rows: T): T => map((x) => gather(x, source), rows);
  const byRung = (x: Tensor): Tensor => slice(mean(reshape(x, [rungs, each]), 1), 0, rungs - 1);
  // Of a pair, the lower rung's row speaks.
  const speaks = cast(logicalAnd(paired, equal(lower, self)), "float32");
  const { position, terms: swappedTerms, grad } = moved({ position: state.position, terms, grad: state.grad });
  return {
    swapped: { position, lambda, stepSize: state.stepSize, terms: swappedTerms, grad },
    replicas: visited({ ...moved({ replica: replicas.replica, heading: replicas.heading, roundTrips: replicas.roundTrips }), count: replicas.count }, each),
    exchange: byRung(mul(speaks, acceptance)),
    tried: byRung(speaks),
  };
}

/** For each chain, the lower or the upper member of its pair when pairs start at rung `first`; itself, if it has no partner. */
function members(first: 0 | 1, { chains, each, end }: { readonly chains: number; readonly each: number; readonly end: "lower" | "upper" }): Tensor1D {
  const rungs = chains / each;
  const rows = Int32Array.from({ length: chains }, (_, chain) => {
    const rung = Math.floor(chain / each);
    const lower = rung - ((((rung - first) % 2) + 2) % 2);
    const alone = lower < 0 || lower + 1 >= rungs;
    return alone ? chain : (end === "lower" ? lower : lower + 1) * each + (chain % each);
  });
  return tensor1d(rows, "int32");
}

/** Headings and round trips after a step: the bottom turns replicas up and counts those that came from the top, the top turns them down. */
function visited({ count, replica, heading, roundTrips }: Replicas, each: number): Replicas {
  const chains = replica.shape[0]!;
  const at = (where: (chain: number) => boolean): Tensor1D =>
    tensor1d(
      Array.from({ length: chains }, (_, chain) => (where(chain) ? 1 : 0)),
      "float32",
    );
  const [bottom, top] = [at((chain) => chain < each), at((chain) => chain >= chains - each)];
  const home = mul(bottom, cast(less(heading, 0), "float32"));
  const between = sub(sub(1, bottom), top);
  return {
    count: add<Scalar>(count, scalar(1, "int32")),
    replica,
    heading: add(sub(bottom, top), mul(between, heading)),
    roundTrips: add(roundTrips, home),
  };
}
