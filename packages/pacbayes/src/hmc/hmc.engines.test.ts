import {
  add,
  concat,
  expandDims,
  fill,
  isNaN as isNan,
  linspace,
  log,
  mean,
  mul,
  ones,
  scalar,
  slice,
  square,
  sub,
  sum,
  tensor1d,
  tensor2d,
  zeros,
  type Tensor,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { engine, key, normal, own, run, scoped, type Params } from "@lab/tensor-core";
import { algorithmLaws, expectation, samplerLaws } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { chains } from "../diagnostics/draws.ts";
import { effectiveSampleSize } from "../diagnostics/effective-sample-size.ts";
import { monteCarloError } from "../diagnostics/monte-carlo-error.ts";
import { thermodynamic } from "../evidence/thermodynamic.ts";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { ladder } from "../gibbs/ladder.ts";
import { adapted, frozen } from "./adapted.ts";
import { rotation, straight } from "./flow.ts";
import { hmc, type HmcStart } from "./hmc.ts";
import { mclachlan } from "./integrator.ts";
import { curved, diagonal } from "./metric.ts";
import { fixedSteps, jitteredSteps, lasting } from "./trajectory.ts";

await engine();

type Point = Params & { readonly u: Tensor };
/** U = ½ k ‖u‖² in d dimensions: E_λ[U] = (d/2) k/(1 + λk). */
const [d, k] = [6, 3];
const gaussian: Energy<Point> = ({ u }) => mul(square(u), k / 2);
const column = (u: Tensor, i: number): Tensor => slice(u as Tensor2D, [0, i], [u.shape[0]!, 1]);
/** U = (1 − x)² + 10 (y − x²)² with prior N(0, I): asymmetric and curved. */
const rosenbrock: Energy<Point> = ({ u }) => concat([square(sub(1, column(u, 0))), mul(square(sub(column(u, 1), square(column(u, 0)))), 10)], 1);
/** By quadrature, to eight digits. */
const ROSENBROCK_ENERGY = { 0.1: 5.02023165, 0.5: 1.715776, 1: 0.98818223 };

const start = (count: number, dimension: number, lambda: number, stepSize: number): HmcStart<Point> => ({
  position: { u: normal(key(5), [count, dimension]) },
  lambda: fill([count], lambda),
  stepSize: scalar(stepSize),
});

describe.each([
  ["leapfrog along straight lines", hmc(gaussian, { trajectory: jitteredSteps(5), flow: straight }), 0.6],
  ["leapfrog with rotations", hmc(gaussian, { trajectory: jitteredSteps(4), flow: rotation }), 0.7],
  [
    "McLachlan's integrator with a diagonal metric",
    hmc(gaussian, { trajectory: lasting(1.5), flow: rotation, integrator: mclachlan, metric: diagonal<Point>({ u: tensor2d([[0.3, 0.5, 1, 0.4, 0.7, 2]]) }) }),
    0.6,
  ],
  ["leapfrog with rotations and a metric of λ", hmc(gaussian, { trajectory: lasting(1.5), metric: curved<Point>({ u: tensor2d([[0, 1, 3, 5, 3, 2]]) }) }), 0.6],
] as const)("hmc() by %s", (name, algorithm, stepSize) => {
  const lambda = 0.7;
  const expectations = {
    "the energy": { of: ({ terms }: { terms: Tensor }) => sum(terms, 1), truth: ((d / 2) * k) / (1 + lambda * k) },
    "the first coordinate": { of: ({ position }: { position: Point }) => sum(column(position.u, 0), 1), truth: 0 },
    "the last square": { of: ({ position }: { position: Point }) => sum(square(column(position.u, d - 1)), 1), truth: 1 / (1 + lambda * k) },
  };
  for (const { says, holds } of samplerLaws(`hmc() by ${name}`, {
    algorithm,
    position: () => start(4, d, lambda, stepSize),
    expectations,
    draws: 600,
    warmup: 50,
    ess: 300,
  }))
    it(says, holds);
});

it("hmc() with the true curvature moves all directions alike at every λ of a ladder, in float32 from 1 to 10⁴", async () => {
  const curvatures = [0, 100, 10_000];
  const lambdas = [0, 0.01, 1];
  const bent: Energy<Point> = ({ u }) => mul(square(u), tensor2d([curvatures.map((h) => h / 2)]));
  const each = 4;
  const sampler = hmc(bent, { trajectory: lasting(Math.PI / 2, { jitter: 0.2 }), metric: curved<Point>({ u: tensor2d([curvatures]) }) });
  using from = own(() => ({ ...start(each * lambdas.length, 3, 1, 0.3), lambda: tensor1d(lambdas.flatMap((lambda) => Array<number>(each).fill(lambda))) }));
  using drawn = await run(sampler, from.value, {
    key: key(8),
    steps: 600,
    record: ({ position }, { acceptance }) => ({ squares: square(position.u), acceptance }),
  });
  // Without the metric a step of 0.3 would diverge where λh is 10⁴.
  const accepted = Array.from(drawn.trace.acceptance.data);
  expect(accepted.reduce((total, x) => total + x, 0) / accepted.length).toBeGreaterThan(0.9);
  lambdas.forEach((lambda, i) =>
    curvatures.forEach((h, j) => {
      const squares = Array.from({ length: each }, (_, chain) =>
        Float64Array.from({ length: 600 }, (_, step) => drawn.trace.squares.get(step, i * each + chain, j)),
      );
      expectation(squares, 1 / (1 + lambda * h), { ess: 400 });
    }),
  );
});

describe.each([
  ["straight lines", straight, 0.11],
  ["rotations", rotation, 0.11],
] as const)("hmc() on Rosenbrock's function by %s", (name, flow, stepSize) => {
  it(`hmc() by ${name} finds E_λ[U] at three temperatures at once, with a step so coarse that rejections matter`, async () => {
    const sampler = hmc(rosenbrock, { trajectory: jitteredSteps(12), flow });
    const temperatures = [0.1, 0.5, 1] as const;
    const each = 16;
    using from = own(() => ({
      ...start(each * 3, 2, 0, stepSize),
      lambda: tensor1d(temperatures.flatMap((lambda) => Array.from({ length: each }, () => lambda))),
    }));
    using warm = await run(sampler, from.value, { key: key(1), steps: 200 });
    using drawn = await run(sampler, warm.state.value, {
      key: key(2),
      steps: 1500,
      record: (_, info) => ({ energy: info.likelihood, acceptance: info.acceptance }),
    });
    const energies = chains(drawn.trace.energy);
    temperatures.forEach((lambda, i) => expectation(energies.slice(i * each, (i + 1) * each), ROSENBROCK_ENERGY[lambda], { ess: 400 }));
    const coldest = chains(drawn.trace.acceptance)
      .slice(2 * each)
      .map((chain) => chain.reduce((s, a) => s + a, 0) / chain.length);
    const acceptance = coldest.reduce((s, a) => s + a, 0) / each;
    expect(acceptance).toBeGreaterThan(0.3);
    expect(acceptance).toBeLessThan(0.97);
  });
});

it("hmc() draws independently and without rejection from the prior at λ = 0, when a rotation lasts π/2", async () => {
  const sampler = hmc(gaussian, { trajectory: fixedSteps(1), flow: rotation });
  using from = own(() => start(8, 50, 0, Math.PI / 2));
  using drawn = await run(sampler, from.value, {
    key: key(3),
    steps: 200,
    record: ({ position }, info) => ({ first: sum(column(position.u, 0), 1), prior: info.prior, acceptance: info.acceptance }),
  });
  expect(Math.min(...drawn.trace.acceptance.data)).toBeGreaterThan(1 - 1e-4);
  const first = chains(drawn.trace.first);
  expectation(first, 0, { ess: 1200 });
  expectation(chains(drawn.trace.prior), 25, { ess: 1200 });
  // Lag-one correlation of 1600 independent draws: within 5/√1600.
  const products = first.flatMap((chain) => Array.from(chain.subarray(1), (x, t) => x * chain[t]!));
  expect(Math.abs(products.reduce((s, x) => s + x, 0) / products.length)).toBeLessThan(5 / Math.sqrt(products.length));
});

it("hmc() along a ladder of temperatures, all rungs at once, gives the closed-form F and KL within 5 standard errors", async () => {
  const lambdas = ladder({ top: 2, rungs: 12, power: 2 });
  const each = 6;
  const sampler = hmc(gaussian, { trajectory: lasting(1.4) });
  using from = own(() => ({
    ...start(each * lambdas.length, d, 0, 0.5),
    lambda: tensor1d(lambdas.flatMap((lambda) => Array.from({ length: each }, () => lambda))),
  }));
  using warm = await run(sampler, from.value, { key: key(4), steps: 50 });
  using drawn = await run(sampler, warm.state.value, { key: key(5), steps: 400, record: (_, info) => ({ energy: info.likelihood }) });
  const energies = chains(drawn.trace.energy);
  const rungs = thermodynamic(
    lambdas.map((lambda, i) => {
      const draws = energies.slice(i * each, (i + 1) * each);
      const all = draws.flatMap((chain) => [...chain]);
      const energy = all.reduce((s, x) => s + x, 0) / all.length;
      expect(effectiveSampleSize(draws)).toBeGreaterThan(400);
      expect(Math.abs(energy - ((d / 2) * k) / (1 + lambda * k))).toBeLessThan(5 * monteCarloError(draws));
      return { lambda, energy, error: monteCarloError(draws), variance: all.reduce((s, x) => s + (x - energy) ** 2, 0) / all.length };
    }),
  );
  const last = rungs.at(-1)!;
  const F = (d / 2) * Math.log1p(2 * k);
  const kl = F - (d * k) / (1 + 2 * k);
  expect(last.kl.upper + 5 * last.kl.upperError).toBeGreaterThan(kl);
  expect(last.kl.lower - 5 * last.kl.lowerError).toBeLessThan(kl);
  expect(last.kl.upper - last.kl.lower).toBeGreaterThan(0);
  // The corrected trapezoid's bias on this grid, from the exact energies, is below 0.01.
  expect(Math.abs(last.kl.corrected - kl)).toBeLessThan(0.01 + 5 * last.kl.trapezoidError);
});

it("hmc() rejects a NaN, reports it as divergent, and stays where it was", () => {
  scoped(() => {
    const cliff: Energy<Point> = ({ u }) => log(u);
    const sampler = hmc(cliff, { trajectory: fixedSteps(3), flow: straight });
    const state = sampler.init({ position: { u: tensor2d([[0.1], [0.2]]) }, lambda: ones([2]), stepSize: scalar(5) });
    const [next, info] = sampler.step(key(9), state);
    const broken = info.divergent.arraySync() as number[];
    expect(broken).toContain(1);
    broken.forEach((divergent, chain) => {
      if (!divergent) return;
      expect((info.acceptance.arraySync() as number[])[chain]).toBe(0);
      expect((next.position.u.arraySync() as number[][])[chain]).toEqual((state.position.u.arraySync() as number[][])[chain]);
    });
    expect(sum(isNan(next.terms)).arraySync()).toBe(0);
  });
});

it("hmc() subtracts before it sums: large constants in the terms leave the acceptances alone", () => {
  scoped(() => {
    const spread: Energy<Point> = ({ u }) => mul(square(column(u, 0)), expandDims(linspace(0.005, 0.015, 1000), 0));
    const lifted: Energy<Point> = (at) => add(spread(at), 100);
    const acceptances = [spread, lifted].map((energy) => {
      const sampler = hmc(energy, { trajectory: fixedSteps(2), flow: straight });
      return sampler.step(key(11), sampler.init(start(32, 1, 1, 0.25)))[1].acceptance.arraySync() as number[];
    });
    // Each of 2 · 1000 terms near 100 is rounded by at most 2⁻¹⁸: a random walk below √2000 · 2⁻¹⁸ = 1.7e-4, five times. Sums near 10⁵ would be rounded by 2⁻⁸.
    acceptances[0]!.forEach((a, i) => expect(Math.abs(a - acceptances[1]![i]!)).toBeLessThan(5 * Math.sqrt(2000) * 2 ** -18));
    expect(Math.min(...acceptances[0]!)).toBeLessThan(0.99);
  });
});

it("adapted() brings the acceptance to its target from a step 100 times too large or too small, and frozen() keeps it", async () => {
  const sampler = hmc(gaussian, { trajectory: jitteredSteps(4), flow: straight });
  for (const stepSize of [0.005, 50]) {
    using from = own(() => start(8, d, 1, stepSize));
    using warm = await run(adapted(sampler, { target: 0.7 }), from.value, { key: key(6), steps: 300 });
    using begin = own(() => frozen(warm.state.value));
    using drawn = await run(sampler, begin.value, { key: key(7), steps: 300, record: (_, info) => ({ acceptance: mean(info.acceptance) }) });
    const acceptance = Array.from(drawn.trace.acceptance.data).reduce((s, a) => s + a, 0) / 300;
    expect(Math.abs(acceptance - 0.7)).toBeLessThan(0.1);
  }
});

for (const { says, holds } of algorithmLaws("adapted()", {
  algorithm: adapted(hmc(gaussian, { trajectory: lasting(1, { most: 5 }) })),
  position: () => start(3, d, 1, 0.4),
}))
  it(says, holds);

it("adapted() stops at the largest step allowed, where nothing is ever rejected", async () => {
  const sampler = hmc(gaussian, { trajectory: lasting(1.5), flow: rotation });
  using from = own(() => start(4, d, 0, 0.1));
  using warm = await run(adapted(sampler, { most: 1.5 }), from.value, { key: key(8), steps: 100 });
  expect(scoped(() => frozen(warm.state.value).stepSize.dataSync()[0]!)).toBeCloseTo(1.5, 2);
});

it("hmc() names a leaf without chains, and a wrong number of temperatures", () => {
  scoped(() => {
    const sampler = hmc(gaussian, { trajectory: fixedSteps(1) });
    const good = start(3, d, 1, 0.1);
    expect(() => sampler.init({ ...good, lambda: ones([2]) })).toThrow("Cannot apply hmc: expected a tensor of shape [3], got [2]");
    expect(() => sampler.init({ ...good, position: { u: zeros([3, d]), v: zeros([4]) } as unknown as Point })).toThrow("first axis of 3, got a shape of [4]");
  });
});
