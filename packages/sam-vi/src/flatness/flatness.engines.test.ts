import { concat, dot, matMul, mul, reshape, sin, square, sub, sum, tensor1d, tensor2d, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { engine, key, own, type Params } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { averageSharpness, oneStepSharpness, worstCaseSharpness } from "./sharpness.ts";
import { hessianEigenvalues, hessianTrace } from "./hessian.ts";
import { spectralDensity } from "./spectral-density.ts";

await engine();

// Problem Q: ½ wᵀAw − bᵀw over two tensors; its numbers are closed forms in float64.
const A = [
  [2, 0.5, 0],
  [0.5, 1, -0.3],
  [0, -0.3, 3],
];
const b = [0.5, 0, -1];
type P = { readonly first: Tensor; readonly last: Tensor };
const quadratic = ({ first, last }: P): Scalar => {
  const w = concat([first, last]);
  return sub(mul(0.5, dot(w, reshape(matMul(tensor2d(A), reshape(w, [3, 1])), [3]))), dot(w, tensor1d(b)));
};
const start = (): P => ({ first: tensor1d([1, -2]), last: tensor1d([0.5]) });
const EIGENVALUES = [3.0496821763, 2.1918356148, 0.7584822089];
/** What float32 leaves of differences of losses near 2.7: 2.7 · 2⁻²⁴, a few times. */
const ROUNDING = 2e-6;

/** Measures at parameters that are freed afterwards, and holds the measure to leaving nothing. */
async function measured<T, Q extends Params = P>(measure: (params: Q) => Promise<T>, from: () => Q = start as never): Promise<T> {
  return await noLeaks(async () => {
    using at = own(from);
    return await measure(at.value);
  });
}

/** Graphs that XLA does not compile, which takes it longer than they run. */
const plain = { xla: false };

describe("sharpness", () => {
  it("oneStepSharpness() is 0.180766 at ρ = 0.05", async () => {
    const { mean, values } = await measured((at) => oneStepSharpness(quadratic, at));
    expect(Math.abs(mean - 0.18076626173138832)).toBeLessThan(ROUNDING);
    expect(values).toHaveLength(1);
  });

  it("worstCaseSharpness() in l2 is the exact maximum over the ball, and above one step", async () => {
    const { mean, late } = await measured((at) => worstCaseSharpness(quadratic, at, { rho: 0.05, key: key(0) }));
    expect(Math.abs(mean - 0.1807770986837)).toBeLessThan(ROUNDING);
    expect(late).toBeLessThan(1e-5);
    // A larger ball, where curvature turns the way: the maximum over two million points of the sphere.
    const exact = sphere(2);
    const wide = await measured((at) => worstCaseSharpness(quadratic, at, { rho: 2, steps: 60, ascents: 3, key: key(1), jit: plain }));
    expect(Math.abs(wide.mean - exact)).toBeLessThan(2e-3 * exact);
    expect(wide.mean).toBeLessThan(exact + 1e-4);
  });

  it("worstCaseSharpness() in l∞ finds the best corner of the box", async () => {
    const rho = 0.7;
    const corners = [-1, 1].flatMap((x) => [-1, 1].flatMap((y) => [-1, 1].map((z) => rise([x * rho, y * rho, z * rho]))));
    const { mean } = await measured((at) => worstCaseSharpness(quadratic, at, { rho, norm: "linf", key: key(0) }));
    expect(Math.abs(mean - Math.max(...corners))).toBeLessThan(1e-5);
  });

  it("adaptive sharpness does not change when the coordinates are rescaled", async () => {
    const scaled = ({ first, last }: P): Scalar => quadratic({ first: mul(first, tensor1d([10, 0.1])), last: mul(last, 5) });
    const from = (): P => ({ first: tensor1d([0.1, -20]), last: tensor1d([0.1]) });
    for (const norm of ["l2"] as const) {
      const one = await measured((at) => worstCaseSharpness(quadratic, at, { rho: 0.1, norm, adaptive: true, key: key(0), jit: plain }));
      const other = await measured((at) => worstCaseSharpness(scaled, at, { rho: 0.1, norm, adaptive: true, key: key(0), jit: plain }), from);
      expect(Math.abs(one.mean - other.mean)).toBeLessThan(1e-4 * one.mean);
      const notAdaptive = await measured((at) => worstCaseSharpness(scaled, at, { rho: 0.1, norm, key: key(0), jit: plain }), from);
      expect(Math.abs(one.mean - notAdaptive.mean)).toBeGreaterThan(0.1 * one.mean);
    }
  });

  it("averageSharpness() is ½ (ρ²/D) tr A on a quadratic: 0.0025 at ρ = 0.05", async () => {
    const { mean, error } = await measured((at) => averageSharpness(quadratic, at, { rho: 0.5, draws: 2000, key: key(4) }));
    expect(Math.abs(mean - 0.25)).toBeLessThan(5 * error);
    // Its draws have the deviation of gᵀε, ρ ‖g‖/√D = 1.02, and little more: the error is of that size, over √2000.
    expect(error / (1.024 / Math.sqrt(2000))).toBeGreaterThan(0.9);
    expect(error / (1.024 / Math.sqrt(2000))).toBeLessThan(1.15);
  });

  it("over several batches, the maxima of each are averaged, and the error is theirs", async () => {
    const shifted = (p: P, shift: Tensor): Scalar => sub(quadratic(p), dot(concat([p.first, p.last]), shift));
    const { mean, values, error } = await noLeaks(async () => {
      using at = own(start);
      using batches = own(() => [tensor1d([0, 0, 0]), tensor1d([3, -1, 2]), tensor1d([-1, 1, -4])]);
      return await oneStepSharpness(shifted, at.value, { rho: 0.1, batches: batches.value });
    });
    const [s0, s1, s2] = values as [number, number, number];
    expect(mean).toBeCloseTo((s0 + s1 + s2) / 3, 10);
    expect(error).toBeCloseTo(Math.sqrt(((s0 - mean) ** 2 + (s1 - mean) ** 2 + (s2 - mean) ** 2) / 6), 10);
  });

  it("a flat point has sharpness zero, and a loss that is no number has one that is none", async () => {
    const flat = ({ first, last }: P): Scalar => mul(0, sum(concat([first, last])));
    expect((await measured((at) => oneStepSharpness(flat, at))).mean).toBe(0);
    expect((await measured((at) => worstCaseSharpness(flat, at, { key: key(0) }))).mean).toBe(0);
    const none = ({ first, last }: P): Scalar => mul(NaN, sum(concat([first, last])));
    expect((await measured((at) => worstCaseSharpness(none, at, { key: key(0) }))).mean).toBeNaN();
  });

  it("sharpness refuses what it cannot use", async () => {
    await measured(async (at) => {
      for (const rho of [-1, NaN, Infinity])
        await expect(oneStepSharpness(quadratic, at, { rho })).rejects.toThrow(`rho to be a finite number of at least 0, got ${rho}`);
      await expect(worstCaseSharpness(quadratic, at, { steps: 0, key: key(0) })).rejects.toThrow("steps to be a whole number of at least 1, got 0");
      await expect(averageSharpness(quadratic, at, { draws: 1, key: key(0) })).rejects.toThrow("draws to be a whole number of at least 2, got 1");
      await expect(oneStepSharpness(quadratic, at, { batches: [] })).rejects.toThrow("expected at least one batch");
    });
  });
});

/** L(w₀ + ε) − L(w₀) of problem Q. */
function rise(offset: readonly number[]): number {
  const w0 = [1, -2, 0.5];
  const value = (w: readonly number[]): number => w.reduce((s, x, i) => s + 0.5 * x * A[i]!.reduce((t, a, j) => t + a * w[j]!, 0) - b[i]! * x, 0);
  return value(w0.map((x, i) => x + offset[i]!)) - value(w0);
}

/** The largest rise over a sphere, by brute force. */
function sphere(rho: number): number {
  let best = -Infinity;
  for (let i = 0; i <= 1000; i++)
    for (let j = 0; j < 2000; j++) {
      const [polar, around] = [(Math.PI * i) / 1000, (Math.PI * j) / 1000];
      best = Math.max(best, rise([rho * Math.sin(polar) * Math.cos(around), rho * Math.sin(polar) * Math.sin(around), rho * Math.cos(polar)]));
    }
  return best;
}

describe("the Hessian", () => {
  it("hessianEigenvalues() are those of A, with errors that say so", async () => {
    const { largest, least, products } = await measured((at) => hessianEigenvalues(quadratic, at, { key: key(2), count: 3 }));
    expect(products).toBe(3);
    largest.forEach(({ value }, i) => expect(Math.abs(value - EIGENVALUES[i]!)).toBeLessThan(3e-4));
    expect(least).toEqual(largest[2]);
  });

  it("hessianEigenvalues() stops at its tolerance, finds a negative end, and stays within its residuals", async () => {
    const spectrum = Array.from({ length: 300 }, (_, i) => (i === 0 ? 50 : i === 1 ? 20 : i === 2 ? -5 : Math.sin(i)));
    const loss = ({ w }: { readonly w: Tensor }): Scalar => mul(0.5, sum(mul(square(w), tensor1d(spectrum))));
    const { largest, least, products } = await measured(
      (at: { readonly w: Tensor }) => hessianEigenvalues(loss, at, { key: key(2), count: 2 }),
      () => ({
        w: tensor1d(spectrum.map((_, i) => Math.cos(i))),
      }),
    );
    expect(products).toBeLessThan(40);
    // The products themselves are exact to about 2⁻¹² of the largest eigenvalue.
    for (const [{ value, error }, truth] of [
      [largest[0]!, 50],
      [largest[1]!, 20],
      [least, -5],
    ] as const)
      expect(Math.abs(value - truth)).toBeLessThan(error + 50 * 2 ** -12);
  });

  it("hessianTrace() is unbiased, with the variance 2 Σ Hᵢⱼ² over i ≠ j of one draw", async () => {
    const { mean, error, values } = await measured((at) => hessianTrace(quadratic, at, { key: key(3), draws: 400 }));
    expect(Math.abs(mean - 6)).toBeLessThan(5 * error);
    expect(error).toBeGreaterThan(0.8 * Math.sqrt(1.36 / 400));
    expect(error).toBeLessThan(1.2 * Math.sqrt(1.36 / 400));
    // vᵀAv takes four values: 6 ± 1 ± 0.6.
    for (const value of values) expect(Math.min(...[4.4, 5.6, 6.4, 7.6].map((x) => Math.abs(value - x)))).toBeLessThan(5e-3);
  });

  it("the Hessian of a loss that is no quadratic is that at the point, and a mean over batches", async () => {
    const loss = ({ w }: { readonly w: Tensor }, c: Tensor): Scalar => sum(mul(sin(w), c));
    const { largest, least } = await noLeaks(async () => {
      using at = own(() => ({ w: tensor1d([0.3, 1, 2]) }));
      using batches = own(() => [tensor1d([1, 2, 3]), tensor1d([3, -4, 5])]);
      return await hessianEigenvalues(loss, at.value, { key: key(0), count: 1, batches: batches.value });
    });
    const exact = [-Math.sin(0.3) * 2, Math.sin(1), -Math.sin(2) * 4];
    expect(largest[0]!.value).toBeCloseTo(Math.max(...exact), 2);
    expect(least.value).toBeCloseTo(Math.min(...exact), 2);
  });

  it("spectralDensity() integrates to one, has the trace, and weighs each eigenvalue alike", async () => {
    const spectrum = [...Array.from({ length: 60 }, () => 0), ...Array.from({ length: 30 }, () => 1), ...Array.from({ length: 10 }, () => -2)];
    const loss = ({ w }: { readonly w: Tensor }): Scalar => mul(0.5, sum(mul(square(w), tensor1d(spectrum))));
    const { points, negative, trace, width } = await measured(
      (at: { readonly w: Tensor }) => spectralDensity(loss, at, { key: key(5), probes: 200, steps: 3, points: 800 }),
      () => ({ w: tensor1d(spectrum.map((_, i) => Math.cos(i))) }),
    );
    const step = points[1]!.eigenvalue - points[0]!.eigenvalue;
    const mass = (low: number, high: number): number =>
      points.reduce((sum, { eigenvalue, density }) => sum + (eigenvalue >= low && eigenvalue <= high ? density * step : 0), 0);
    expect(mass(-10, 10)).toBeCloseTo(1, 2);
    // A probe's share on a subspace of d of D dimensions is Beta(d/2, (D − d)/2): its variance is 2 d (D − d)/(D² (D + 2)).
    const deviation = (d: number): number => Math.sqrt((2 * d * (100 - d)) / (100 ** 2 * 102) / 200);
    for (const [low, high, d] of [
      [-2.2, -1.8, 10],
      [-0.2, 0.2, 60],
      [0.8, 1.2, 30],
    ] as const)
      expect(Math.abs(mass(low, high) - d / 100)).toBeLessThan(5 * deviation(d) + 2e-3);
    expect(Math.abs(trace - 10)).toBeLessThan(5 * 100 * (deviation(30) + 2 * deviation(10)));
    // Eigenvalues at zero fall to either side by rounding: the share below −3 s is that of −2 alone.
    expect(negative).toBeGreaterThan(0.05);
    expect(width).toBeGreaterThan(0);
  });

  it("the Hessian refuses what it cannot use", async () => {
    await measured(async (at) => {
      await expect(hessianEigenvalues(quadratic, at, { key: key(0), count: 0 })).rejects.toThrow("count to be a whole number of at least 1, got 0");
      await expect(hessianEigenvalues(quadratic, at, { key: key(0), count: 5, steps: 4 })).rejects.toThrow("steps to be a whole number of at least 5, got 4");
      await expect(hessianTrace(quadratic, at, { key: key(0), draws: 0 })).rejects.toThrow("draws to be a whole number of at least 2, got 0");
      await expect(spectralDensity(quadratic, at, { key: key(0), probes: 0 })).rejects.toThrow("probes to be a whole number of at least 1, got 0");
    });
  });
});
