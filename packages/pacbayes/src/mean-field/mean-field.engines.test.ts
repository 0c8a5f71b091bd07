import { exp, mean, mul, square, sub, tensor1d, tensor2d, zeros, type Tensor } from "@tensorflow/tfjs-core";
import { chain, engine, key, own, run, scaleByAdam, scoped, termsAndGrad, type Params } from "@lab/tensor-core";
import { algorithmLaws, expectation } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { bestLambda, lambda } from "../bounds/lambda.ts";
import { maurer } from "../bounds/maurer.ts";
import { mcallester } from "../bounds/mcallester.ts";
import { quadratic } from "../bounds/quadratic.ts";
import { gaussianPrior } from "../gibbs/gaussian-prior.ts";
import { gibbsPosterior } from "../gibbs/gibbs-posterior.ts";
import { boundDescent } from "./bound-descent.ts";
import { scaleByLearningRates } from "./learning-rates.ts";
import { meanFieldAtPrior, meanFieldDraw, meanFieldKl, ofRun } from "./mean-field.ts";
import {
  bbbObjective,
  lambdaObjective,
  maurerObjective,
  mcallesterObjective,
  quadraticObjective,
  type BoundObjective,
  type ObjectiveOptions,
} from "./objective.ts";

await engine();

type Weights = Params & { readonly w: Tensor };
const [n, delta] = [2000, 0.025];

it.each([
  ["maurerObjective", maurerObjective, maurer],
  ["quadraticObjective", quadraticObjective, quadratic],
  ["mcallesterObjective", mcallesterObjective, mcallester],
  ["lambdaObjective", (options: ObjectiveOptions) => lambdaObjective({ ...options, lambda: 0.4 }), lambda(0.4)],
] as const)("%s() is its bound to float32, and its gradient a difference quotient of the bound", (_, form, bound) => {
  scoped(() => {
    const cases = [
      [0.02, 5],
      [0.1, 100],
      [0.3, 40],
      [0.5, 60],
      [0.001, 1],
    ] as const;
    const [risk, kl] = [tensor1d(cases.map(([r]) => r)), tensor1d(cases.map(([, k]) => k))];
    const objective = form({ n, delta });
    const { terms, grad } = termsAndGrad(({ risk, kl }: { risk: Tensor; kl: Tensor }) => objective(risk, kl))({ risk, kl });
    const [values, byRisk, byKl] = [terms, grad.risk, grad.kl].map((x) => x.arraySync() as number[]);
    cases.forEach(([empiricalRisk, k], i) => {
      const at = (dr: number, dk: number) => bound({ empiricalRisk: empiricalRisk + dr, kl: k + dk, n, delta });
      expect(Math.abs(values![i]! - at(0, 0))).toBeLessThan(2e-6);
      // Central differences: error O(h²) of the third derivative; float32 values of p − q carry about 1e-6 relative to 1e-2.
      expect(byRisk![i]! / ((at(1e-5, 0) - at(-1e-5, 0)) / 2e-5)).toBeCloseTo(1, 2);
      expect(byKl![i]! / ((at(0, 1e-3) - at(0, -1e-3)) / 2e-3)).toBeCloseTo(1, 2);
    });
  });
});

it("meanFieldKl() is the KL of Gaussians, ½ Σ (m² + σ² − ln σ² − 1), and that way round", () => {
  scoped(() => {
    const [m, s] = [[[0.5, -1, 2]], [[0.3, -0.7, 0]]];
    const exact = [0, 1, 2].reduce((sum, j) => sum + (m[0]![j]! ** 2 + Math.exp(2 * s[0]![j]!) - 2 * s[0]![j]! - 1) / 2, 0);
    const reversed = [0, 1, 2].reduce((sum, j) => sum + (m[0]![j]! ** 2 / Math.exp(2 * s[0]![j]!) + Math.exp(-2 * s[0]![j]!) + 2 * s[0]![j]! - 1) / 2, 0);
    const value = meanFieldKl<Weights>({ mean: { w: tensor2d(m) }, logScale: { w: tensor2d(s) } }).dataSync()[0]!;
    expect(Math.abs(value - exact)).toBeLessThan(1e-6);
    expect(Math.abs(value - reversed)).toBeGreaterThan(0.1);
  });
});

it("meanFieldDraw() draws N(m, e^{2s}) of the run that ofRun() picks", () => {
  scoped(() => {
    const q = ofRun<Weights>({ mean: { w: tensor2d([[9], [2]]) }, logScale: { w: tensor2d([[0], [-1]]) } }, 1, { copies: 4000 });
    const draws = Array.from(meanFieldDraw(key(1), q).w.dataSync());
    expectation(draws, 2, { ess: 3000 });
    expectation(
      draws.map((x) => (x - 2) ** 2),
      Math.exp(-2),
      { ess: 3000 },
    );
    expect(() => ofRun(q, 4000)).toThrow("run must be a whole number in [0, 4000), got 4000");
  });
});

/** r̂ = a (w − b)² with w = σ₀ u; for a linear objective r̂ + κ KL the optimum is closed: e^{−2s} = 1 + 2aσ₀²/κ, m = (2abσ₀/κ) e^{2s}. */
const [a, b, sigma, kappa] = [0.4, 0.6, 0.5, 0.05];
const prior = () => gaussianPrior<Weights>({ w: zeros([1, 40]) }, { scale: sigma });

it("boundDescent() finds the closed-form Gaussian of a quadratic risk, in every run, from wide and narrow starts", async () => {
  const linear: BoundObjective = (risk, kl) => sub(risk, mul(kl, -kappa));
  using begin = own(() => ({ wide: meanFieldAtPrior(prior(), { runs: 2 }), narrow: meanFieldAtPrior(prior(), { runs: 2, logScale: -2 }) }));
  using fixed = own(prior);
  // One coordinate an example: the mean over 40 examples of coordinates, so that each pulls with a/40.
  const energy = gibbsPosterior(({ w }: Weights) => mul(square(sub(w, b)), a * 40), { prior: fixed.value });
  const algorithm = boundDescent(energy, { objective: linear, transform: chain(scaleByAdam(), scaleByLearningRates([0.02, 0.01])) });
  const [finalScale, finalMean] = [1 / Math.sqrt(1 + (2 * a * sigma ** 2) / kappa), (2 * a * b * sigma) / kappa / (1 + (2 * a * sigma ** 2) / kappa)];
  for (const start of [begin.value.wide, begin.value.narrow]) {
    using result = await run(algorithm, start, {
      key: key(2),
      steps: 600,
      record: ({ posterior }) => ({ mean: mean(posterior.mean.w, 1), scale: mean(exp(posterior.logScale.w), 1) }),
    });
    for (const which of [0, 1]) {
      const late = (column: typeof result.trace.mean): number =>
        Array.from({ length: 200 }, (_, t) => column.get(400 + t, which)).reduce((s, x) => s + x, 0) / 200;
      // Noise of Adam at these rates averaged over 40 coordinates and 200 steps: not derived.
      expect(Math.abs(late(result.trace.mean) - finalMean)).toBeLessThan(0.03);
      expect(Math.abs(late(result.trace.scale) - finalScale)).toBeLessThan(0.03);
    }
  }
});

for (const { says, holds } of algorithmLaws("boundDescent()", {
  algorithm: boundDescent(({ w }: Weights) => square(sub(mul(w, 0.3), 0.2)), {
    objective: maurerObjective({ n, delta }),
    transform: chain(scaleByAdam(), scaleByLearningRates([0.02, 0.05])),
  }),
  position: () => meanFieldAtPrior(prior(), { runs: 2 }),
}))
  it(says, holds);

it("lambdaObjective() at bestLambda() is quadraticObjective(), and bbbObjective() weighs the KL by η/n", () => {
  scoped(() => {
    const [risk, kl] = [tensor1d([0.1]), tensor1d([100])];
    const best = bestLambda({ empiricalRisk: 0.1, kl: 100, n, delta });
    const [value] = lambdaObjective({ n, delta, lambda: best })(risk, kl).dataSync();
    expect(Math.abs(value! - quadraticObjective({ n, delta })(risk, kl).dataSync()[0]!)).toBeLessThan(1e-6);
    const { grad } = termsAndGrad(({ risk, kl }: { risk: Tensor; kl: Tensor }) => bbbObjective({ n })(risk, kl))({ risk, kl });
    expect([grad.risk.dataSync()[0]!, grad.kl.dataSync()[0]! * n]).toEqual([1, expect.closeTo(0.1, 6)]);
  });
});

it("scaleByLearningRates() and the objectives name a number that makes no sense", () => {
  expect(() => scaleByLearningRates([0.1, -1])).toThrow("expected positive, finite rates, got -1");
  expect(() => scaleByLearningRates([])).toThrow("got none");
  expect(() => maurerObjective({ n: 4, delta })).toThrow("n must be a whole number of at least 8, got 4");
  expect(() => lambdaObjective({ n, delta, lambda: 2 })).toThrow("lambda must be in (0, 2), got 2");
  expect(() => bbbObjective({ n, weight: 0 })).toThrow("weight must be positive and finite, got 0");
  expect(() => quadraticObjective({ n, delta: 0 })).toThrow("delta must be in (0, 1), got 0");
  expect(() => scoped(() => meanFieldAtPrior(prior(), { runs: 0 }))).toThrow("runs must be a whole number of at least 1, got 0");
});
