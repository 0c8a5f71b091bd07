import { dot, matMul, mean, mul, reshape, square, sub, tensor1d, tensor2d, zeros, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { engine, key, normalLike, own, scoped, sgd, split, type Algorithm, type Tree } from "@lab/tensor-core";
import { algorithmLaws, expectation, noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { sam } from "../named.ts";
import { bsam } from "./bsam.ts";
import { ivon } from "./ivon.ts";
import { bsamPosterior, ivonPosterior } from "./posterior.ts";
import { swag, swagDiagonal, swagDraw } from "./swag.ts";

await engine();

const A = [
  [2, 0.5, 0],
  [0.5, 1, -0.3],
  [0, -0.3, 3],
];
const b = [0.5, 0, -1];
type P = { readonly w: Tensor };
const quadratic = ({ w }: P): Scalar => sub(mul(0.5, dot(w, reshape(matMul(tensor2d(A), reshape(w, [3, 1])), [3]))), dot(w, tensor1d(b)));
const gradient = (w: readonly number[]): number[] => A.map((row, i) => row.reduce((s, a, j) => s + a * w[j]!, 0) - b[i]!);
const start = [1, -2, 0.5];
const draw = (k: ReturnType<typeof key>): number[] => scoped(() => [...normalLike(k, { w: zeros([3]) }).w.dataSync()]);
/** Rounding of a few steps in float32 at values of about one: not derived. */
const near = (x: Tensor, truth: readonly number[]): void => x.dataSync().forEach((xi, i) => expect(Math.abs(xi - truth[i]!)).toBeLessThan(3e-5));

const regression = ({ w }: P, { x, y }: { x: Tensor; y: Tensor }): Scalar => mean(square(sub(reshape(matMul(x as never, reshape(w, [2, 1])), [-1]), y)));
const trial = {
  position: (): P => ({ w: tensor1d([0.5, -1]) }),
  data: () => ({
    x: tensor2d([
      [1, 2],
      [0, 1],
      [2, -1],
    ]),
    y: tensor1d([1, 0, -1]),
  }),
};
for (const [name, algorithm] of Object.entries({
  "ivon()": ivon(regression, { learningRate: 0.1, ess: 100 }),
  "ivon(), squared, three draws, clipped,": ivon(regression, { learningRate: 0.1, ess: 100, samples: 3, estimator: "squared", clipRadius: 0.1 }),
  "bsam()": bsam(regression, { n: 100, chunks: 2 }),
  "swag()": swag(sam(regression, { transform: sgd(0.1) }), { params: ({ posterior }) => posterior.mean, every: 2, rank: 3 }),
})) {
  describe(name, () => {
    for (const { says, holds } of algorithmLaws(name, { algorithm: algorithm as Algorithm<P, Tree, Tree, ReturnType<typeof trial.data>>, ...trial }))
      it(says, holds);
  });
}

describe("ivon()", () => {
  for (const estimator of ["price", "squared"] as const)
    it(`ivon() by ${estimator} takes the steps of its formulas`, () => {
      noLeaks(() => {
        const [ess, delta, h0, b1, b2, rate] = [50, 0.02, 0.7, 0.8, 0.95, 0.1];
        const algorithm = ivon(quadratic, { learningRate: rate, ess, weightDecay: delta, hessian: h0, b1, b2, estimator });
        using state = own(() => algorithm.init({ w: tensor1d(start) }));
        let [m, h, M] = [start, start.map(() => h0), start.map(() => 0)];
        for (let t = 1; t <= 4; t++) {
          const nu = draw(key(t)).map((z, i) => z / Math.sqrt(ess * (h[i]! + delta)));
          const g = gradient(m.map((x, i) => x + nu[i]!));
          const f = g.map((x, i) => (estimator === "price" ? ess * (h[i]! + delta) * nu[i]! * x : ess * x * x));
          M = M.map((x, i) => b1 * x + (1 - b1) * g[i]!);
          h = h.map((x, i) => b2 * x + (1 - b2) * f[i]! + (0.5 * (1 - b2) ** 2 * (x - f[i]!) ** 2) / (x + delta));
          m = m.map((x, i) => x - (rate * (h0 + delta) * (M[i]! / (1 - b1 ** t) + delta * x)) / (h[i]! + delta));
          state.advance((s) => algorithm.step(key(t), s))[Symbol.dispose]();
          near(state.value.mean.w, m);
          near(state.value.hessian.w, h);
        }
      });
    });

  it("ivonPosterior() and bsamPosterior() have the variances 1/(ess (h + δ)) and 1/(n s)", () =>
    noLeaks(() =>
      scoped(() => {
        const h = { w: tensor1d([1, 4]) };
        near(ivonPosterior({ mean: h, hessian: h }, { ess: 10, weightDecay: 1 }).logScale.w, [-0.5 * Math.log(20), -0.5 * Math.log(50)]);
        near(bsamPosterior({ mean: h, precision: h }, { n: 10 }).logScale.w, [-0.5 * Math.log(10), -0.5 * Math.log(40)]);
      }),
    ));

  it("ivon() and bsam() refuse what they cannot use, and name a parameter that the loss ignores", () => {
    expect(() => ivon(quadratic, { learningRate: 0.1, ess: 0 })).toThrow("Cannot learn by IVON: expected ess in (0, ∞), got 0");
    expect(() => ivon(quadratic, { learningRate: -1, ess: 1 })).toThrow("expected learningRate in [0, ∞), got -1");
    expect(() => ivon(quadratic, { learningRate: 1, ess: 1, b2: 1 })).toThrow("expected b2 in [0, 1), got 1");
    expect(() => ivon(quadratic, { learningRate: 1, ess: 1, samples: 1.5 })).toThrow("expected samples to be a whole number of at least 1, got 1.5");
    expect(() => bsam(quadratic, { n: 0 })).toThrow("Cannot learn by bSAM: expected n in (0, ∞), got 0");
    noLeaks(() =>
      scoped(() => {
        const partial = ({ w }: { w: Tensor; unused: Tensor }): Scalar => mean(square(w));
        for (const { init, step } of [ivon(partial, { learningRate: 0.1, ess: 1 }), bsam(partial, { n: 1 })] as const) {
          const state = init({ w: tensor1d([1]), unused: tensor1d([1]) });
          expect(() => step(key(0), state as never)).toThrow('the loss does not depend on "unused"');
        }
        const { init, step } = ivon(regression, { learningRate: 0.1, ess: 1 });
        expect(() => step(key(0), init(trial.position()), { x: zeros([0, 2]), y: zeros([0]) })).toThrow("a batch with examples, got a tensor of shape [0, 2]");
      }),
    );
  });
});

describe("bsam()", () => {
  it("bsam() takes the steps of its formulas", () => {
    noLeaks(() => {
      const [n, rho, prior, damping, s0, b1, b2, rate] = [50, 0.05, 2, 0.1, 0.8, 0.8, 0.95, 0.1];
      const algorithm = bsam(quadratic, { n, rho, priorPrecision: prior, damping, precision: s0, b1, b2, learningRate: rate });
      using state = own(() => algorithm.init({ w: tensor1d(start) }));
      let [w, m, s] = [start, start.map(() => 0), start.map(() => s0)];
      for (let t = 1; t <= 4; t++) {
        const z = draw(key(t));
        const g = gradient(w.map((x, i) => x + z[i]! / Math.sqrt(n * s[i]!)));
        const after = gradient(w.map((x, i) => x + (rho * g[i]!) / s[i]!));
        m = m.map((x, i) => b1 * x + (1 - b1) * (after[i]! + (prior / n) * w[i]!));
        w = w.map((x, i) => x - (rate * m[i]!) / s[i]!);
        s = s.map((x, i) => b2 * x + (1 - b2) * (Math.sqrt(x) * Math.abs(g[i]!) + damping + prior / n));
        state.advance((at) => algorithm.step(key(t), at))[Symbol.dispose]();
        near(state.value.mean.w, w);
        near(state.value.precision.w, s);
      }
    });
  });
});

describe("swag()", () => {
  const iterates = [1, 4, 4, 9, 2];
  /** An algorithm whose parameter takes given values. */
  const listed: Algorithm<null, { readonly at: Tensor }, { readonly seen: Tensor }, Tensor> = {
    init: () => ({ at: tensor1d([0]) }),
    step: (_key, _state, next) => [{ at: next }, { seen: next }],
  };
  const algorithm = (options: { every: number; start?: number; rank?: number }) => swag(listed, { params: ({ at }) => ({ w: at }), ...options });

  it("swag() has the mean, the variance and the last deviations of the iterates that it takes in", () =>
    noLeaks(() => {
      const { init, step } = algorithm({ every: 1, rank: 3 });
      using state = own(() => init(null));
      for (const x of iterates) {
        using next = own(() => [tensor1d([x])] as const);
        state.advance((s) => step(key(0), s, next.value[0]))[Symbol.dispose]();
      }
      const { moments } = state.value;
      near(moments.mean.w, [4]);
      using q = own(() => swagDiagonal(moments));
      expect(Math.exp(2 * q.value.logScale.w.dataSync()[0]!)).toBeCloseTo(iterates.reduce((s, x) => s + (x - 4) ** 2, 0) / 5, 4);
      // From the running means 3, 4.5 and 4 of the third to the fifth.
      near(moments.deviations.w, [4 - 3, 9 - 4.5, 2 - 4]);
      using draws = own(() => split(key(3), 1500).map((k) => swagDraw(k, moments).w));
      const values = draws.value.map((x) => x.dataSync()[0]!);
      expectation(values, 4, { ess: 750 });
      // ½ (Σ (θᵢ − θ̄)²/T + Σ d²/(K − 1))
      const variance = 0.5 * (38 / 5 + (1 + 4.5 ** 2 + 4) / 2);
      expectation(
        values.map((x) => (x - 4) ** 2),
        variance,
        { ess: 750 },
      );
    }));

  it("swag() starts where it is told and takes in every so many", () =>
    noLeaks(() => {
      const { init, step } = algorithm({ every: 2, start: 1, rank: 0 });
      using state = own(() => init(null));
      for (const x of iterates) {
        using next = own(() => [tensor1d([x])] as const);
        state.advance((s) => step(key(0), s, next.value[0]))[Symbol.dispose]();
      }
      expect(state.value.moments.taken.dataSync()[0]).toBe(2);
      near(state.value.moments.mean.w, [3]);
      expect(() => algorithm({ every: 0 })).toThrow("expected every to be a whole number of at least 1, got 0");
      expect(() => swagDraw(key(0), state.value.moments, { scale: -1 })).toThrow("expected a scale in [0, ∞), got -1");
    }));
});
