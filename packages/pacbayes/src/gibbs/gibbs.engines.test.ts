import { ones, square, tensor2d, zeros, type Tensor } from "@tensorflow/tfjs-core";
import { engine, key, scoped, termsAndGrad, type Params } from "@lab/tensor-core";
import { expectation } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { mlpCentre, wideMlp } from "../network/wide-mlp.ts";
import { gaussianPrior, priorDraws, unwhitened } from "./gaussian-prior.ts";
import { gibbsPosterior } from "./gibbs-posterior.ts";
import { checkedLadder, ladder } from "./ladder.ts";

await engine();

type Weights = Params & { readonly w: Tensor };

it("gibbsPosterior() is the loss at μ₀ + σ₀ u, and its gradient is σ₀ times that in the parameters", () => {
  scoped(() => {
    const prior = gaussianPrior<Weights>({ w: tensor2d([[1, -1]]) }, { scale: 0.5 });
    const losses = ({ w }: Weights): Tensor => square(w);
    const u = {
      w: tensor2d([
        [2, 2],
        [0, 4],
      ]),
    };
    const { terms, grad } = termsAndGrad(gibbsPosterior(losses, { prior }))(u);
    expect(unwhitened(prior, u).w.arraySync()).toEqual([
      [2, 0],
      [1, 1],
    ]);
    expect(terms.arraySync()).toEqual([
      [4, 0],
      [1, 1],
    ]);
    expect(grad.w.arraySync()).toEqual([
      [2, 0],
      [1, 1],
    ]);
  });
});

it("mlpCentre() draws weights of variance near 1/fan-in, cut at two standard deviations, and no biases", () => {
  scoped(() => {
    const [first] = mlpCentre({ inputs: 400, hidden: [50], classes: 2 }, { key: key(7) }).layers;
    const weights = Array.from(first!.weight.dataSync(), (w) => w * 20);
    expectation(weights, 0, { ess: 10_000 });
    // The variance of a normal cut at ±2: 1 − 4 φ(2)/(2Φ(2) − 1).
    expectation(
      weights.map((w) => w * w),
      0.7737413,
      { ess: 10_000 },
    );
    expect(Math.max(...weights.map(Math.abs))).toBeLessThanOrEqual(2);
    expect(Math.max(...first!.bias.dataSync())).toBe(0);
    expect(() => gaussianPrior({ w: zeros([2, 3]) }, { scale: 1 })).toThrow("expected leaves of shape [1, …], got [2, 3]");
  });
});

it("priorDraws() are N(μ₀, σ₀²) once unwhitened, of every chain for itself", () => {
  scoped(() => {
    const prior = gaussianPrior<Weights>({ w: tensor2d([[3]]) }, { scale: 0.2 });
    const draws = Array.from(unwhitened(prior, priorDraws(key(2), prior, { chains: 4000 })).w.dataSync());
    expectation(draws, 3, { ess: 3000 });
    expectation(
      draws.map((w) => (w - 3) ** 2),
      0.04,
      { ess: 3000 },
    );
    expect(() => priorDraws(key(2), prior, { chains: 0 })).toThrow("chains must be a whole number of at least 1, got 0");
    expect(() => gaussianPrior({ w: zeros([1, 1]) }, { scale: 0 })).toThrow("scale must be positive and finite, got 0");
  });
});

it("priorDraws() are the free draws of rung 0: E₀[U] of Rosenbrock's function is 42", () => {
  scoped(() => {
    const { w } = priorDraws(key(12), gaussianPrior<Weights>({ w: zeros([1, 2]) }, { scale: 1 }), { chains: 50_000 });
    const energies = (w.arraySync() as [number, number][]).map(([x, y]) => (1 - x) ** 2 + 10 * (y - x * x) ** 2);
    // E(1 − x)² = 2 and E(y − x²)² = 1 + 3.
    expectation(energies, 2 + 10 * 4, { ess: 40_000 });
  });
});

it("ladder() starts at 0, ends at its top and increases; checkedLadder() refuses one that does not", () => {
  const rungs = ladder({ top: 2, rungs: 16, power: 5 });
  expect([rungs[0], rungs.at(-1), rungs.length]).toEqual([0, 2, 17]);
  expect(checkedLadder(rungs)).toEqual(rungs.toSorted((a, b) => a - b));
  expect(() => checkedLadder([0, 1, 1])).toThrow("expected lambda to increase, got 1 after 1");
  expect(() => checkedLadder([])).toThrow("got an empty ladder");
  expect(() => checkedLadder([0.5, 1])).toThrow("first lambda to be 0, got 0.5");
  expect(() => ladder({ top: 2, rungs: 0 })).toThrow("rungs must be a whole number of at least 1, got 0");
  expect(() => ladder({ top: NaN, rungs: 3 })).toThrow("top must be positive and finite, got NaN");
});

it("wideMlp() is each chain's own perceptron: relu(W₁x + b₁) into W₂", () => {
  scoped(() => {
    const prior = gaussianPrior(mlpCentre({ inputs: 2, hidden: [3], classes: 2 }), { scale: 1 });
    const params = priorDraws(key(4), prior, { chains: 3 });
    const inputs = [
      [1, -2, 0.5, 3],
      [0, 1, -1, 2],
    ];
    const logits = wideMlp(params, tensor2d(inputs)).arraySync() as number[][][];
    const [first, second] = params.layers.map(({ weight, bias }) => [weight.arraySync() as number[][][], bias.arraySync() as number[][][]] as const);
    for (let chain = 0; chain < 3; chain++)
      for (let example = 0; example < 4; example++) {
        const hidden = first![0][chain]!.map((row, h) =>
          Math.max(
            0,
            row.reduce((s, w, i) => s + w * inputs[i]![example]!, first![1][chain]![h]![0]!),
          ),
        );
        second![0][chain]!.forEach((row, k) => {
          const exact = row.reduce((s, w, h) => s + w * hidden[h]!, second![1][chain]![k]![0]!);
          // A dozen products of numbers below 20, in float32.
          expect(Math.abs(logits[chain]![k]![example]! - exact)).toBeLessThan(2e-5);
        });
      }
    expect(() => wideMlp({ layers: [] }, ones([2, 3]))).toThrow("expected at least one layer, got none");
    expect(() => wideMlp(params, ones([3, 4]))).toThrow("Cannot apply wideMlp");
    expect(() => mlpCentre({ inputs: 2, hidden: [0], classes: 2 })).toThrow("expected whole, positive sizes, got 0");
  });
});
