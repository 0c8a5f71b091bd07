import {
  concat,
  expandDims,
  fill,
  gather,
  mul,
  scalar,
  slice,
  square,
  sub,
  sum,
  tensor1d,
  tensor2d,
  zeros,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { engine, key, normal, own, run, scoped, split, type Algorithm, type Params } from "@lab/tensor-core";
import { algorithmLaws, expectation } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { chains } from "../diagnostics/draws.ts";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { adapted, frozen } from "../hmc/adapted.ts";
import { hmc, type HmcStart, type HmcState } from "../hmc/hmc.ts";
import { jitteredSteps, lasting } from "../hmc/trajectory.ts";
import { replicaExchange } from "./replica-exchange.ts";

await engine();

type Point = Params & { readonly u: Tensor };
const column = (u: Tensor, i: number): Tensor => slice(u as Tensor2D, [0, i], [u.shape[0]!, 1]);
const rosenbrock: Energy<Point> = ({ u }) => concat([square(sub(1, column(u, 0))), mul(square(sub(column(u, 1), square(column(u, 0)))), 10)], 1);
/** By quadrature, to eight digits. */
const ROSENBROCK = [
  [0.1, 5.02023165],
  [0.5, 1.715776],
  [1, 0.98818223],
  [2, 0.52326318],
] as const;
const ladder = [0, ...ROSENBROCK.map(([lambda]) => lambda)];

/** Terms are the position itself, and no chain moves: what is left is the exchange. */
const still: Algorithm<HmcStart<Point>, HmcState<Point>, { readonly likelihood: Tensor }> = {
  init: ({ position, lambda, stepSize }) => ({ position, lambda, stepSize, terms: position.u, grad: position }),
  step: (_, state) => [state, { likelihood: sum(state.terms, 1) }],
};

it("replicaExchange() tries even and odd pairs in turn, with probability min(1, e^{(λᵢ − λⱼ)(Uᵢ − Uⱼ)})", () => {
  scoped(() => {
    const lambdas = [0, 0.5, 1.5, 2];
    const energies = [3, 1.2, 2.2, 0.3];
    const sampler = replicaExchange(still, { ladder: lambdas });
    const state = sampler.init({ position: { u: expandDims(tensor1d(energies), 1) }, stepSize: scalar(1) });
    const expected = (i: number, us: readonly number[]): number => Math.min(1, Math.exp((lambdas[i]! - lambdas[i + 1]!) * (us[i]! - us[i + 1]!)));
    const [one, first] = sampler.step(key(1), state);
    expect(first.tried.arraySync()).toEqual([1, 0, 1]);
    const close = (actual: number, truth: number): void => expect(Math.abs(actual - truth)).toBeLessThan(1e-6);
    (first.exchange.arraySync() as number[]).forEach((a, i) => close(a, i === 1 ? 0 : expected(i, energies)));
    const after = one.terms.arraySync() as number[][];
    const [, second] = sampler.step(key(2), one);
    expect(second.tried.arraySync()).toEqual([0, 1, 0]);
    close((second.exchange.arraySync() as number[])[1]!, expected(1, after.flat()));
  });
});

it("replicaExchange() carries positions, terms and gradients together, and knows which replica is where", () => {
  scoped(() => {
    const sampler = replicaExchange(still, { ladder });
    let state = sampler.init({ position: { u: normal(key(3), [15, 2]) }, stepSize: scalar(1) });
    const initial = state.terms;
    for (const k of split(key(4), 7)) [state] = sampler.step(k, state);
    const at = state.replicas.replica.arraySync() as number[];
    expect(at).not.toEqual(Array.from({ length: 15 }, (_, i) => i));
    expect(at.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, i) => i));
    // Chain c of each rung trades with chain c alone.
    at.forEach((replica, chain) => expect(replica % 3).toBe(chain % 3));
    for (const x of [state.position.u, state.terms, state.grad.u])
      expect(x.arraySync()).toEqual(gather(initial, state.replicas.replica as Tensor1D).arraySync());
    expect((state.lambda.arraySync() as number[])[4]).toBeCloseTo(0.1, 6);
  });
});

it("replicaExchange() counts a round trip when a replica comes back to the bottom from the top", () => {
  scoped(() => {
    // Equal energies: every exchange that is tried happens, so that replicas march along the ladder.
    const sampler = replicaExchange(still, { ladder: [0, 1, 2] });
    let state = sampler.init({ position: { u: zeros([3, 1]) }, stepSize: scalar(1) });
    const trips = split(key(5), 12).map((k) => {
      const [next, info] = sampler.step(k, state);
      state = next;
      return info.roundTrips.dataSync()[0];
    });
    // Three rungs: 0 → 1 → 2, a turn to wait, 2 → 1 → 0: six steps a trip, three replicas.
    expect(trips.at(-1)! - trips[5]!).toBe(3);
  });
});

it("replicaExchange() leaves every rung of a Gaussian invariant: exact draws stay exact", () => {
  scoped(() => {
    const [d, k, each] = [4, 3, 4000];
    const rungs = [0, 0.3, 1, 2.5];
    const gaussian: typeof still = { ...still, init: (start) => ({ ...still.init(start), terms: mul(square(start.position.u), k / 2) }) };
    const sampler = replicaExchange(gaussian, { ladder: rungs });
    const sds = tensor2d(rungs.flatMap((lambda) => Array.from({ length: each }, () => [1 / Math.sqrt(1 + lambda * k)])));
    let state = sampler.init({ position: { u: mul(normal(key(6), [each * rungs.length, d]), sds) }, stepSize: scalar(1) });
    for (const now of split(key(7), 6)) [state] = sampler.step(now, state);
    const energies = sum(state.terms, 1).arraySync() as number[];
    rungs.forEach((lambda, i) => {
      const own = energies.slice(i * each, (i + 1) * each);
      const mean = own.reduce((s, u) => s + u, 0) / each;
      const variance = ((d / 2) * k * k) / (1 + lambda * k) ** 2;
      expect(Math.abs(mean - ((d / 2) * k) / (1 + lambda * k))).toBeLessThan(5 * Math.sqrt(variance / each));
    });
  });
});

it("replicaExchange() by HMC finds E_λ[U] of Rosenbrock's function on every rung, each at its own adapted step size", async () => {
  const each = 6;
  const sampler = replicaExchange(hmc(rosenbrock, { trajectory: lasting(1.2, { most: 30 }) }), { ladder });
  using from = own(() => ({ position: { u: normal(key(8), [each * ladder.length, 2]) }, stepSize: scalar(0.2) }));
  using warm = await run(adapted(sampler, { most: 1.5 }), from.value, { key: key(9), steps: 250 });
  using begin = own(() => frozen(warm.state.value));
  const steps = begin.value.stepSize.arraySync() as number[];
  expect(steps[0]).toBeCloseTo(1.5, 1);
  expect(steps.at(-1)).toBeLessThan(steps[each]!);
  using drawn = await run(sampler, begin.value, {
    key: key(10),
    steps: 1200,
    record: (_, { likelihood, exchange, tried, roundTrips }) => ({ likelihood, exchange, tried, roundTrips }),
  });
  const energies = chains(drawn.trace.likelihood);
  // At λ = 0 the mean of U is 42 with heavy tails; the truth of the other rungs is a quadrature.
  ROSENBROCK.forEach(([, truth], i) => expectation(energies.slice((i + 1) * each, (i + 2) * each), truth, { ess: 300 }));
  const total = (x: { readonly data: ArrayLike<number> }): number => Array.from(x.data).reduce((s, v) => s + v, 0);
  expect(total(drawn.trace.exchange) / total(drawn.trace.tried)).toBeGreaterThan(0.2);
  expect(drawn.trace.roundTrips.data.at(-1)!).toBeGreaterThan(50);
});

it("replicaExchange() does not swap a NaN", () => {
  scoped(() => {
    const sampler = replicaExchange(still, { ladder: [0, 1] });
    const state = sampler.init({ position: { u: tensor2d([[NaN], [1]]) }, stepSize: scalar(1) });
    const [next, info] = sampler.step(key(1), state);
    expect(info.exchange.arraySync()).toEqual([0]);
    expect(next.terms.arraySync()).toEqual([[NaN], [1]]);
  });
});

for (const { says, holds } of algorithmLaws("replicaExchange()", {
  algorithm: replicaExchange(hmc(rosenbrock, { trajectory: jitteredSteps(2) }), { ladder: [0, 0.2, 1] }),
  position: () => ({ position: { u: normal(key(1), [6, 2]) }, stepSize: scalar(0.1) }),
}))
  it(says, holds);

it("replicaExchange() names a ladder that makes no sense, and chains that it does not divide", () => {
  expect(() => replicaExchange(still, { ladder: [] })).toThrow("got an empty ladder");
  expect(() => replicaExchange(still, { ladder: [0] })).toThrow("at least two rungs, got one");
  expect(() => replicaExchange(still, { ladder: [0, 1, 0.5] })).toThrow("got 0.5 after 1");
  scoped(() => {
    const sampler = replicaExchange(still, { ladder: [0, 1] });
    expect(() => sampler.init({ position: { u: fill([5, 1], 0) }, stepSize: scalar(1) })).toThrow("Cannot apply replicaExchange: expected a tensor of shape");
  });
});
