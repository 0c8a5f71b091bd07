import { concat, matMul, mul, reshape, sub, sum, tensor1d, tensor2d, zeros, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import {
  descent,
  dot,
  engine,
  key,
  meanField,
  meanFieldKl,
  momentum,
  norm,
  own,
  run,
  scale,
  scoped,
  sgd,
  tensors,
  valueAndGrad,
  type Params,
} from "@lab/tensor-core";
import { algorithmLaws, expectation, noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { adversarial } from "./direction/adversarial.ts";
import type { Direction } from "./direction/direction.ts";
import { gaussian } from "./direction/gaussian.ts";
import { mixed } from "./direction/mixed.ts";
import { mfvi, mixSam, randomSam, sam } from "./named.ts";
import { klToPrior } from "./penalty/kl-to-prior.ts";
import { perturbed } from "./perturbed.ts";

await engine();

const A = [
  [2, 0.5, 0],
  [0.5, 1, -0.3],
  [0, -0.3, 3],
];
const b = [0.5, 0, -1];
type P = { readonly w: Tensor };
/** ½ wᵀAw − bᵀw */
const loss = ({ w }: P): Scalar => sub(mul(0.5, dot(w, reshape(matMul(tensor2d(A), reshape(w, [3, 1])), [3]))), dot(w, tensor1d(b)));
const gradient = (w: readonly number[]): number[] => A.map((row, i) => row.reduce((s, a, j) => s + a * w[j]!, 0) - b[i]!);
const start = (): P => ({ w: tensor1d([1, -2, 0.5]) });
const numbers = (tree: Params): number[] => tensors(tree).flatMap((x) => [...x.dataSync()]);
const checked = (body: () => void): void => noLeaks(() => scoped(body));

for (const [name, algorithm] of Object.entries({
  "sam()": sam(loss, { transform: sgd(0.1) }),
  "randomSam()": randomSam(loss, { transform: sgd(0.1) }),
  "mixSam()": mixSam(loss, { transform: sgd(0.1) }),
  "mfvi()": mfvi(loss, { n: 100, transform: sgd(0.1) }),
})) {
  describe(name, () => {
    for (const { says, holds } of algorithmLaws(name, { algorithm, position: start })) it(says, holds);
  });
}

describe("directions", () => {
  const q = (size = 1000): { mean: { a: Tensor; b: readonly [Tensor] }; logScale: { a: Tensor; b: readonly [Tensor] } } =>
    meanField({ a: zeros([size - 10]), b: [zeros([10])] as const }, { scale: 0.1 });
  const grad = <T extends Params>(at: T): T =>
    ({
      ...at,
      a: mul(tensor1d(Array.from({ length: 990 }, (_, i) => Math.sin(i))), 3),
      b: [tensor1d(Array.from({ length: 10 }, (_, i) => i))],
    }) as unknown as T;

  it("adversarial() points along the gradient, and has norm √D whatever the gradient's", () =>
    checked(() => {
      for (const c of [1, 1e-30, 1e30]) {
        const u = adversarial()(key(0), q(), (at) => scale(c, grad(at)));
        expect(norm(u).dataSync()[0]).toBeCloseTo(Math.sqrt(1000), 3);
        expect(dot(u, grad(q().mean)).dataSync()[0]! / norm(grad(q().mean)).dataSync()[0]!).toBeCloseTo(Math.sqrt(1000), 3);
      }
    }));

  it("mixed() has norm √D and the cosine 1/√(1 + κ²) with the gradient", () =>
    checked(() => {
      for (const kappa of [0, 0.5, 1, 4]) {
        const u = mixed({ kappa })(key(3), q(), grad);
        const g = grad(q().mean);
        const cosine = dot(u, g).dataSync()[0]! / (norm(u).dataSync()[0]! * norm(g).dataSync()[0]!);
        expect(norm(u).dataSync()[0]).toBeCloseTo(Math.sqrt(1000), 3);
        // The noise's own component along the gradient is N(0, κ²) beside √D: five of its deviations, 1/√D each.
        expect(Math.abs(cosine - 1 / Math.sqrt(1 + kappa ** 2))).toBeLessThan(5 / Math.sqrt(1000));
      }
    }));

  it("gaussian() has the mean square length D, and never asks for a gradient", () =>
    checked(() => {
      const refuse = (): never => {
        throw new Error("asked for a gradient");
      };
      const draws = Array.from({ length: 200 }, (_, i) => dot(gaussian()(key(i), q(), refuse), gaussian()(key(i), q(), refuse)).dataSync()[0]!);
      const { mean } = expectation(draws, 1000, { ess: 100 });
      expect(mean).toBeGreaterThan(900);
    }));

  it("adversarial() and mixed() of a zero gradient are zero and the noise alone, not NaN", () =>
    checked(() => {
      const flat = <T extends Params>(at: T): T => scale(0, at);
      expect(norm(adversarial()(key(0), q(), flat)).dataSync()[0]).toBe(0);
      expect(norm(mixed()(key(0), q(), flat)).dataSync()[0]).toBeCloseTo(Math.sqrt(1000), 3);
    }));

  it("mixed() refuses a κ that is negative or NaN", () => {
    for (const kappa of [-1, NaN, Infinity]) expect(() => mixed({ kappa })).toThrow(`expected kappa in [0, ∞), got ${kappa}`);
  });
});

describe("perturbed()", () => {
  const z = [0.3, -1.2, 0.7];
  const listed: Direction = (_key, { mean }) => ({ ...mean, w: tensor1d(z) });

  it("perturbed() descends the one-sample gradients of mean-field VI, in the mean and in ln σ", () =>
    checked(() => {
      const [sigma, n, prior] = [0.2, 10, { mean: 0.5, scale: 2 }];
      const step = perturbed(loss, { direction: listed, transform: sgd(1), penalty: klToPrior({ n, prior }) });
      const from = step.init(meanField(start(), { scale: sigma }));
      const [{ posterior }, info] = step.step(key(0), from);
      const at = [1, -2, 0.5];
      const g = gradient(at.map((m, i) => m + sigma * z[i]!));
      const mean = at.map((m, i) => m - (g[i]! + (m - prior.mean) / (n * prior.scale ** 2)));
      const logScale = z.map((zi, i) => Math.log(sigma) - (g[i]! * sigma * zi + (sigma ** 2 / prior.scale ** 2 - 1) / n));
      numbers(posterior.mean).forEach((x, i) => expect(x).toBeCloseTo(mean[i]!, 5));
      numbers(posterior.logScale).forEach((x, i) => expect(x).toBeCloseTo(logScale[i]!, 5));
      const kl = at.reduce((s, m) => s + ((m - prior.mean) ** 2 + sigma ** 2) / (2 * prior.scale ** 2) - Math.log(sigma / prior.scale) - 0.5, 0);
      expect(info.penalty.dataSync()[0]).toBeCloseTo(kl / n, 5);
    }));

  it("sam() at ρ = 0 is its transform alone, bit for bit", async () => {
    await noLeaks(async () => {
      using at = own(start);
      using plain = await run(descent(loss, { transform: momentum(0.1) }), at.value, { key: key(0), steps: 20, jit: false });
      using zero = await run(sam(loss, { rho: 0, transform: momentum(0.1) }), at.value, { key: key(0), steps: 20, jit: false });
      expect(numbers(zero.state.value.posterior.mean)).toEqual(numbers(plain.state.value.params));
    });
  });

  it("sam() meets the loss at distance ρ along the gradient: 2.855766 from 2.675 at ρ = 0.05", () =>
    checked(() => {
      const algorithm = sam(loss, { rho: 0.05, transform: sgd(0.1) });
      const [, info] = algorithm.step(key(0), algorithm.init(start()));
      expect(info.loss.dataSync()[0]).toBeCloseTo(2.855766261731388, 5);
    }));

  it("sam() by plain descent in one dimension does not stop at the minimum: it settles on ±ηaρ/(2 − ηa)", async () => {
    const [a, eta, rho] = [2, 0.2, 0.1];
    using at = own(() => ({ w: tensor1d([1]) }));
    const bowl = ({ w }: P): Scalar => mul(a / 2, dot(w, w));
    using result = await run(sam(bowl, { rho, transform: sgd(eta) }), at.value, {
      key: key(0),
      steps: 80,
      record: ({ posterior }) => ({ w: sum(posterior.mean.w) }),
    });
    const [last, before] = [result.trace.w.get(79), result.trace.w.get(78)];
    expect(Math.abs(last)).toBeCloseTo((eta * a * rho) / (2 - eta * a), 6);
    expect(last + before).toBeCloseTo(0, 6);
  });

  it("the objective of mean-field VI at its optimum keeps all its constants: −0.17950429", () =>
    checked(() => {
      const [mu, sigma] = [
        [0.31388582363327217, -0.26182101100575395, -0.35832103099725127],
        [0.07053456158585983, 0.09950371902099892, 0.0576390417704235],
      ];
      const posterior = { mean: { w: tensor1d(mu) }, logScale: { w: tensor1d(sigma.map(Math.log)) } };
      const expected = loss(posterior.mean).dataSync()[0]! + sigma.reduce((s, x, i) => s + (A[i]![i]! * x * x) / 2, 0);
      expect(expected + klToPrior({ n: 100 })(posterior).dataSync()[0]!).toBeCloseTo(-0.17950429295869758, 6);
    }));

  it("mixSam() at κ = 0 is sam(), and so does not depend on its key", () =>
    checked(() => {
      const [one, other] = [mixSam(loss, { kappa: 0, transform: sgd(0.1) }), sam(loss, { transform: sgd(0.1) })];
      const [[a], [c]] = [one.step(key(5), one.init(start())), other.step(key(6), other.init(start()))];
      numbers(a.posterior.mean).forEach((x, i) => expect(x).toBeCloseTo(numbers(c.posterior.mean)[i]!, 6));
    }));

  it("a fixed scale stays what it was", async () => {
    using at = own(start);
    using result = await run(sam(loss, { rho: 0.3, transform: momentum(0.1) }), at.value, { key: key(0), steps: 10 });
    for (const l of numbers(result.state.value.posterior.logScale)) expect(l).toBeCloseTo(Math.log(0.3 / Math.sqrt(3)), 6);
  });

  it("splitting a tensor in two changes nothing but the draws", () =>
    checked(() => {
      const one = sam(({ x, y }: { x: Tensor; y: Tensor }) => loss({ w: concat([x, y]) }), { transform: sgd(0.1) });
      const [a] = one.step(key(0), one.init({ x: tensor1d([1, -2]), y: tensor1d([0.5]) }));
      const two = sam(loss, { transform: sgd(0.1) });
      const [c] = two.step(key(0), two.init(start()));
      numbers(a.posterior.mean).forEach((x, i) => expect(x).toBeCloseTo(numbers(c.posterior.mean)[i]!, 6));
    }));

  it("sam(), mfvi() and klToPrior() refuse what they cannot use", () => {
    for (const rho of [-1, NaN, Infinity]) expect(() => sam(loss, { rho, transform: sgd(1) })).toThrow(`expected rho in [0, ∞), got ${rho}`);
    expect(() => mfvi(loss, { n: 1, rho: 0, transform: sgd(1) })).toThrow("expected rho in (0, ∞), got 0");
    for (const n of [0, -1, NaN]) expect(() => klToPrior({ n })).toThrow(`expected n of at least 1, got ${n}`);
    expect(() => klToPrior({ n: 1, prior: { scale: 0 } })).toThrow("a scale in (0, ∞), got 0 and 0");
  });

  it("klToPrior() is meanFieldKl()/n, and so is its gradient", () =>
    checked(() => {
      const posterior = meanField(start(), { scale: 0.3 });
      const prior = meanField({ w: tensor1d([1, 1, 1]) }, { scale: 2 });
      const { value, grad } = valueAndGrad(klToPrior({ n: 50, prior: { mean: 1, scale: 2 } })<P>)(posterior);
      expect(value.dataSync()[0]).toBeCloseTo(meanFieldKl(posterior, prior).dataSync()[0]! / 50, 6);
      numbers(grad.mean).forEach((g, i) => expect(g).toBeCloseTo(([1, -2, 0.5][i]! - 1) / 4 / 50, 6));
    }));
});
