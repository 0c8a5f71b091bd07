import { scalar, sum, tensor1d, tensor2d, zeros, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autodiff.ts";
import { engine } from "../engine.ts";
import { scoped } from "../memory.ts";
import { key } from "../random/key.ts";
import { split } from "../random/split.ts";
import { expectation } from "../testing/monte-carlo.ts";
import { categoricalEntropy, categoricalLogDensity } from "./categorical.ts";
import { categoricalKl, meanFieldKl, normalKl } from "./kl.ts";
import { meanField, meanFieldDraw, meanFieldLogDensity, type MeanField } from "./mean-field.ts";
import { normalLogDensity } from "./normal.ts";

await engine();

const number = (body: () => Tensor): number => scoped(body).dataSync()[0]!;
const normal = (mean: number, scale: number) => ({ mean: scalar(mean), logScale: scalar(Math.log(scale)) });
/** Relative to the larger of 1 and the value: a few float32 roundings. */
const close = (found: number, expected: number) =>
  expect(Math.abs(found - expected), `${found} for ${expected}`).toBeLessThan(8 * 2 ** -24 * Math.max(1, Math.abs(expected)));

type Weights = { readonly w: Tensor; readonly deep: readonly [{ readonly b: Tensor }] };
const posterior = (): MeanField<Weights> => ({
  mean: { w: tensor1d([1, -2]), deep: [{ b: tensor1d([0.5]) }] },
  logScale: { w: tensor1d([Math.log(0.5), Math.log(2)]), deep: [{ b: tensor1d([Math.log(3)]) }] },
});

describe("normal and mean field", () => {
  it("normalLogDensity() is −z²/2 − ln σ − ln √2π", () => {
    close(
      number(() => normalLogDensity(scalar(1), normal(-1, 0.5))),
      -8 - Math.log(0.5) - 0.5 * Math.log(2 * Math.PI),
    );
  });

  it("normalKl() is ln(σp/σq) + (σq² + (μq − μp)²)/2σp² − ½, and not the same the other way round", () => {
    const exact = (m: number, s: number, m0: number, s0: number) => Math.log(s0 / s) + (s * s + (m - m0) ** 2) / (2 * s0 * s0) - 0.5;
    for (const [m, s, m0, s0] of [
      [1, 0.5, -1, 2],
      [0, 3, 0, 1],
      [0.1, 1, 0, 1.5],
    ] as const)
      close(
        number(() => normalKl(normal(m, s), normal(m0, s0))),
        exact(m, s, m0, s0),
      );
    expect(number(() => normalKl(normal(0, 1), normal(0, 2)))).not.toBeCloseTo(
      number(() => normalKl(normal(0, 2), normal(0, 1))),
      1,
    );
  });

  it("normalKl() of nearly equal normals keeps its size: (δσ/σ)² + (δμ/σ)²/2", () => {
    const d = 2 ** -8;
    const kl = number(() => normalKl({ mean: scalar(3 + d), logScale: scalar(0) }, { mean: scalar(3), logScale: scalar(0) }));
    expect(Math.abs(kl / ((d * d) / 2) - 1)).toBeLessThan(1e-6);
    const spread = number(() => normalKl({ mean: scalar(0), logScale: scalar(d) }, { mean: scalar(0), logScale: scalar(0) }));
    // ½(e^{2d} − 1 − 2d) = d² (1 + 2d/3 + …); the two terms of size 2d leave 2⁻²⁴ · 2d of rounding each.
    expect(Math.abs(spread / (0.5 * (Math.expm1(2 * d) - 2 * d)) - 1)).toBeLessThan(2 ** -14);
  });

  it("meanFieldKl() sums over the tree, is 0 of a Gaussian with itself, and falls towards the prior", () => {
    const prior = () => meanField({ w: zeros([2]), deep: [{ b: zeros([1]) }] as const }, { scale: 1 }) as MeanField<Weights>;
    const one = (m: number, s: number) => -Math.log(s) + (s * s + m * m) / 2 - 0.5;
    close(
      number(() => meanFieldKl(posterior(), prior())),
      one(1, 0.5) + one(-2, 2) + one(0.5, 3),
    );
    expect(number(() => meanFieldKl(posterior(), posterior()))).toBe(0);
    const { grad } = scoped(() => valueAndGrad((q: MeanField<Weights>) => meanFieldKl(q, prior()))(posterior()));
    [...grad.mean.w.dataSync()].forEach((g, i) => close(g, [1, -2][i]!));
    // ∂KL/∂ln σ = σ² − 1
    [...grad.logScale.w.dataSync()].forEach((g, i) => close(g, [0.25 - 1, 4 - 1][i]!));
  });

  it("meanFieldDraw() has the mean, the variance and the expected log-density that it should", () => {
    const draws = scoped(() =>
      split(key(11), 3000).map((k) => {
        const x = meanFieldDraw(k, posterior());
        return { w: [...x.w.dataSync()], logDensity: meanFieldLogDensity(x, posterior()).dataSync()[0]! };
      }),
    );
    for (const [i, mean, scale] of [
      [0, 1, 0.5],
      [1, -2, 2],
    ] as const) {
      expectation(
        draws.map(({ w }) => w[i]!),
        mean,
        { ess: 1500 },
      );
      expectation(
        draws.map(({ w }) => (w[i]! - mean) ** 2),
        scale ** 2,
        { ess: 1500 },
      );
    }
    expectation(
      draws.map(({ w }) => (w[0]! - 1) * (w[1]! + 2)),
      0,
      { ess: 1500 },
    );
    const entropy = Math.log(0.5 * 2 * 3) + 1.5 * Math.log(2 * Math.PI * Math.E);
    expectation(
      draws.map(({ logDensity }) => logDensity),
      -entropy,
      { ess: 1500 },
    );
  });

  it("meanFieldDraw() repeats with its key, and passes its gradient to mean and scale: 1 and σ z", () => {
    const first = (q: MeanField<Weights>) => meanFieldDraw(key(1), q);
    const draw = scoped(() => [...first(posterior()).w.dataSync()]);
    expect(scoped(() => [...first(posterior()).w.dataSync()])).toEqual(draw);
    const { grad } = scoped(() =>
      valueAndGrad((q: { readonly mean: { readonly w: Tensor }; readonly logScale: { readonly w: Tensor } }) => sum(meanFieldDraw(key(1), q).w) as Scalar)({
        mean: { w: tensor1d([1, -2]) },
        logScale: { w: tensor1d([0, 0]) },
      }),
    );
    const alone = scoped(() => [...meanFieldDraw(key(1), { mean: { w: tensor1d([1, -2]) }, logScale: { w: tensor1d([0, 0]) } }).w.dataSync()]);
    expect([...grad.mean.w.dataSync()]).toEqual([1, 1]);
    [...grad.logScale.w.dataSync()].forEach((g, i) => close(g, alone[i]! - [1, -2][i]!));
  });

  it("meanField() refuses a scale that is none", () => {
    expect(() => meanField({ w: zeros([1]) }, { scale: 0 })).toThrow("Cannot spread a mean-field Gaussian: expected a scale in (0, ∞), got 0");
    expect(() => meanFieldLogDensity({}, { mean: {}, logScale: {} })).toThrow("Cannot sum a tree: expected at least one tensor, got none");
  });
});

describe("categorical", () => {
  const [q, p] = [
    [1, 0, -1],
    [0.5, 2, 0],
  ];
  const softmax = (z: readonly number[]) => z.map((x) => Math.exp(x) / z.reduce((s, y) => s + Math.exp(y), 0));

  it("categoricalLogDensity(), categoricalEntropy() and categoricalKl() agree with sums over the classes", () => {
    const [a, b] = [softmax(q), softmax(p)];
    close(
      number(() => categoricalLogDensity(tensor1d([2], "int32"), tensor2d([q]))),
      Math.log(a[2]!),
    );
    close(
      number(() => categoricalEntropy(tensor2d([q]))),
      -a.reduce((s, x) => s + x * Math.log(x), 0),
    );
    close(
      number(() => categoricalKl(tensor2d([q]), tensor2d([p]))),
      a.reduce((s, x, i) => s + x * Math.log(x / b[i]!), 0),
    );
    expect(number(() => categoricalKl(tensor2d([q]), tensor2d([q])))).toBe(0);
  });

  it("categoricalKl() does not see an offset of logits", () => {
    close(
      number(() => categoricalKl(tensor2d([q.map((x) => x + 64)]), tensor2d([p]))),
      number(() => categoricalKl(tensor2d([q]), tensor2d([p]))),
    );
  });
});
