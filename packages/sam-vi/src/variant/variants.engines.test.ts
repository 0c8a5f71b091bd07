import {
  concat,
  add,
  dot,
  matMul,
  mean,
  mul,
  reshape,
  square,
  sub,
  scalar,
  tensor1d,
  tensor2d,
  zerosLike,
  type Scalar,
  type Tensor,
  type Tensor1D,
} from "@tensorflow/tfjs-core";
import { engine, key, map, momentum, normalLike, own, scoped, sgd, type Algorithm, type Params, type Schedule, type Tree } from "@lab/tensor-core";
import { algorithmLaws, noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { mfvi, randomSam, sam, variationalSam } from "../named.ts";
import type { PerturbedInfo, PerturbedState } from "../perturbed.ts";
import { elementwise, filterwise, layerwise } from "../relative.ts";
import { asam } from "./asam.ts";
import { esam } from "./esam.ts";
import { fisherSam } from "./fisher-sam.ts";
import { friendlySam } from "./friendly-sam.ts";
import { gsam, tiedSchedule } from "./gsam.ts";
import { lookSam } from "./look-sam.ts";
import { lookbehind } from "./lookbehind.ts";
import { msam } from "./msam.ts";
import { randomWeightPerturbation } from "./random-weight-perturbation.ts";
import { droppedAndGrown } from "./dropped-and-grown.ts";
import { sparseSam } from "./sparse-sam.ts";
import { stableSam } from "./stable-sam.ts";
import { decoupledWsam, wsam } from "./wsam.ts";

await engine();

const A = [
  [2, 0.5, 0],
  [0.5, 1, -0.3],
  [0, -0.3, 3],
];
const b = [0.5, 0, -1];
type P = { readonly w: Tensor };
const quadratic = ({ w }: P): Scalar => sub(mul(0.5, dot(w, reshape(matMul(tensor2d(A), reshape(w, [3, 1])), [3]))), dot(w, tensor1d(b)));
const start = [1, -2, 0.5];

// Vectors in double precision: the formulas again, each written out from its paper.
type V = readonly number[];
const inner = (x: V, y: V): number => x.reduce((s, xi, i) => s + xi * y[i]!, 0);
const length = (x: V): number => Math.sqrt(inner(x, x));
const plus = (x: V, c: number, y: V): V => x.map((xi, i) => xi + c * y[i]!);
const times = (x: V, y: V): V => x.map((xi, i) => xi * y[i]!);
const gradient = (w: V): V => A.map((row, i) => inner(row, w) - b[i]!);
const ascended = (w: V, rho: number): V => plus(w, rho / length(gradient(w)), gradient(w));

/** The steps of a rule w, t ↦ w, from the start. */
function path(rule: (w: V, t: number) => V, steps = 4): V[] {
  const seen: V[] = [];
  for (let t = 0; t < steps; t++) seen.push(rule(seen.at(-1) ?? start, t));
  return seen;
}

/** Rounding of a few steps in float32 at values of about one: not derived. */
const WITHIN = 2e-5;

type Member<Batch> = Algorithm<P, PerturbedState<P, Tree>, PerturbedInfo, Batch>;
function follows<Batch>(algorithm: Member<Batch>, truth: readonly V[], batch: () => Batch): void {
  noLeaks(() => {
    using state = own(() => algorithm.init({ w: tensor1d(start) }));
    for (const [t, w] of truth.entries()) {
      using data = own(() => batch() as Tree);
      using info = state.advance((s) => algorithm.step(key(t), s, data.value as Batch));
      expect(Number.isFinite(info.value.loss.dataSync()[0])).toBe(true);
      state.value.posterior.mean.w.dataSync().forEach((x, i) => expect(Math.abs(x - w[i]!)).toBeLessThan(WITHIN));
    }
  });
}
const none = (): void => undefined;
const transform = sgd(0.1);
const rho = 0.3;

describe("variants on a quadratic take the steps of their formulas", () => {
  it("asam() with T = |w| + 0.01 ascends by ρ T² g₀/‖T g₀‖", () => {
    const rule = (w: V): V => {
      const [T, g] = [w.map((x) => Math.abs(x) + 0.01), gradient(w)];
      return plus(w, -0.1, gradient(plus(w, rho / length(times(T, g)), times(times(T, T), g))));
    };
    follows(asam(quadratic, { rho, relative: elementwise({ eta: 0.01 }), transform }), path(rule), none);
  });

  it("asam() has T = |w| + 0.01 for kernels and 1 elsewhere unless told", () => {
    noLeaks(() =>
      scoped(() => {
        // Kernels near zero, where 0.01 is most of T, and a bias near its own minimum, whose T of 1 would else be all that counts.
        const [kernel, bias] = [[0.002, -0.03], [-0.33]];
        const loss = (p: { readonly kernel: Tensor; readonly bias: Tensor }): Scalar => quadratic({ w: concat([reshape(p.kernel, [2]), p.bias]) });
        const algorithm = asam(loss, { rho, transform });
        const [{ posterior }] = algorithm.step(key(0), algorithm.init({ kernel: tensor2d([kernel]), bias: tensor1d(bias) }), undefined);
        const w = [...kernel, ...bias];
        const [T, g] = [w.map((x, i) => (i < 2 ? Math.abs(x) + 0.01 : 1)), gradient(w)];
        const truth = plus(w, -0.1, gradient(plus(w, rho / length(times(T, g)), times(times(T, T), g))));
        [...posterior.mean.kernel.dataSync(), ...posterior.mean.bias.dataSync()].forEach((x, i) => expect(Math.abs(x - truth[i]!)).toBeLessThan(WITHIN));
      }),
    );
  });

  it("asam() is sam() where no tensor is a kernel", () => {
    follows(
      asam(quadratic, { rho, transform }),
      path((w) => plus(w, -0.1, gradient(ascended(w, rho)))),
      none,
    );
  });

  it("fisherSam() ascends by ρ F⁻¹g₀/√(g₀ᵀF⁻¹g₀), F = 1 + η g₀²", () => {
    const rule = (w: V): V => {
      const g = gradient(w);
      const natural = g.map((x) => x / (1 + 0.7 * x * x));
      return plus(w, -0.1, gradient(plus(w, rho / Math.sqrt(inner(g, natural)), natural)));
    };
    follows(fisherSam(quadratic, { rho, eta: 0.7, transform }), path(rule), none);
  });

  it("gsam() takes α times the part of g₀ orthogonal to g₁ from g₁", () => {
    const rule = (w: V): V => {
      const [g0, g1] = [gradient(w), gradient(ascended(w, rho))];
      const cosine = inner(g0, g1) / (length(g0) * length(g1));
      const orthogonal = plus(g0, (-cosine * length(g0)) / length(g1), g1);
      return plus(w, -0.1, plus(g1, -0.4, orthogonal));
    };
    follows(gsam(quadratic, { rho, alpha: 0.4, transform }), path(rule), none);
  });

  it("stableSam() gives g₁ the length of g₀", () => {
    const rule = (w: V): V => {
      const g1 = gradient(ascended(w, rho));
      return plus(w, (-0.1 * length(gradient(w))) / length(g1), g1);
    };
    follows(stableSam(quadratic, { rho, transform }), path(rule), none);
  });

  it("wsam() and decoupledWsam() differ by nothing under plain descent, and are sam() at γ = ½", () => {
    const rule =
      (alpha: number) =>
      (w: V): V =>
        plus(w, -0.1, plus(gradient(w), alpha, plus(gradient(ascended(w, rho)), -1, gradient(w))));
    follows(wsam(quadratic, { rho, gamma: 0.8, transform }), path(rule(4)), none);
    follows(decoupledWsam(quadratic, { rho, gamma: 0.8, learningRate: 0.1, transform }), path(rule(4)), none);
    follows(sam(quadratic, { rho, transform }), path(rule(1)), none);
  });

  it("friendlySam() ascends along g₀ − ς m, m the mean of the gradients before", () => {
    let m: V = [];
    const rule = (w: V, t: number): V => {
      const g = gradient(w);
      const d = t === 0 ? g : plus(g, -0.6, m);
      m =
        t === 0
          ? g
          : plus(
              m.map((x) => 0.9 * x),
              0.1,
              g,
            );
      return plus(w, -0.1, gradient(plus(w, rho / length(d), d)));
    };
    follows(friendlySam(quadratic, { rho, sigma: 0.6, lambda: 0.9, transform }), path(rule), none);
  });

  it("lookSam() keeps v̂ and adds α ‖g₀‖ v̂ in the steps between", () => {
    let v: V = [];
    const rule = (w: V, t: number): V => {
      const g = gradient(w);
      if (t % 3 !== 0) return plus(w, -0.1, plus(g, 0.7 * length(g), v));
      const g1 = gradient(ascended(w, rho));
      const across = plus(g1, -inner(g1, g) / inner(g, g), g);
      v = across.map((x) => x / length(across));
      return plus(w, -0.1, g1);
    };
    follows(lookSam(quadratic, { rho, every: 3, alpha: 0.7, transform }), path(rule, 5), none);
  });

  it("msam() ascends along its own momentum, with a decay at the perturbed point", () => {
    let v: V = [0, 0, 0];
    const rule = (w: V): V => {
      const there = length(v) === 0 ? w : plus(w, -rho / length(v), v);
      v = plus(plus(gradient(there), 0.01, there), 0.9, v);
      return plus(w, -0.1, v);
    };
    follows(msam(quadratic, { rho, decay: 0.9, weightDecay: 0.01, transform }), path(rule), none);
  });

  for (const alpha of [0.5, "adaptive"] as const)
    it(`lookbehind() with α = ${alpha} ascends k times and goes back`, () => {
      const rule = (w: V): V => {
        let [high, fast, first]: [V, V, V] = [w, w, []];
        for (let j = 0; j < 3; j++) {
          high = ascended(high, rho);
          if (j === 0) first = gradient(high).map((x) => -0.1 * x);
          fast = plus(fast, -0.1, gradient(high));
        }
        const moved = plus(fast, -1, w);
        return plus(w, alpha === "adaptive" ? (1 + inner(first, moved) / (length(first) * length(moved))) / 2 : alpha, moved);
      };
      follows(lookbehind(quadratic, { rho, steps: 3, alpha, transform }), path(rule), none);
    });

  it("variationalSam() differs between its forms by g₁ and g₀ in ∂ln σ alone", () => {
    noLeaks(() =>
      scoped(() => {
        const [n, s] = [10, 0.3 / Math.sqrt(3)];
        for (const scaleGradient of ["perturbed", "clean"] as const) {
          const { init, step } = variationalSam(quadratic, { n, rho: 0.3, scaleGradient, transform: sgd(0.1) });
          const [{ posterior }] = step(key(0), init({ w: tensor1d(start) }), undefined);
          const [g0, g1] = [gradient(start), gradient(ascended(start, 0.3))];
          const offset = g0.map((x) => (0.3 * x) / length(g0));
          const mu = start.map((x, i) => x - 0.1 * (g1[i]! + x / n));
          const logScale = offset.map((e, i) => Math.log(s) - 0.1 * ((scaleGradient === "clean" ? g0 : g1)[i]! * e + (s * s - 1) / n));
          posterior.mean.w.dataSync().forEach((x, i) => expect(Math.abs(x - mu[i]!)).toBeLessThan(WITHIN));
          posterior.logScale.w.dataSync().forEach((x, i) => expect(Math.abs(x - logScale[i]!)).toBeLessThan(WITHIN));
        }
      }),
    );
  });
});

it("variationalSam() of clean scales stands still where σᵢ² = 1/(1/σ₀² + n √D gᵢ²/‖σ ⊙ g₀‖), and nowhere near", () => {
  noLeaks(() =>
    scoped(() => {
      const [n, scale] = [10, 0.5];
      const g0 = gradient(start);
      let sigma: V = [1, 1, 1];
      // Each pass is a contraction: ‖σ ⊙ g₀‖ enters by its root.
      for (let i = 0; i < 200; i++) {
        const whitened = length(sigma.map((s, j) => s * g0[j]!));
        sigma = g0.map((g) => 1 / Math.sqrt(1 / scale ** 2 + (n * Math.sqrt(3) * g * g) / whitened));
      }
      const { init, step } = variationalSam(quadratic, { n, prior: { scale }, rho: 0.3, scaleGradient: "clean", transform: sgd(1) });
      const moved = (at: V): number[] => {
        const logScale = tensor1d(at.map(Math.log));
        const [{ posterior }] = step(
          key(0),
          { ...init({ w: tensor1d([...start]) }), posterior: { mean: { w: tensor1d([...start]) }, logScale: { w: logScale } } },
          undefined,
        );
        return [...sub(posterior.logScale.w, logScale).dataSync()];
      };
      for (const x of moved(sigma)) expect(Math.abs(x)).toBeLessThan(WITHIN);
      expect(Math.max(...moved(sigma.map((s) => 1.1 * s)).map(Math.abs))).toBeGreaterThan(100 * WITHIN);
    }),
  );
});

// ½ (x · w − y)² over examples: what needs single examples.
const X = [
  [1, 2, 0],
  [-1.5, 0.3, 1],
  [0.2, -1, 2],
  [2, 0.5, -1],
];
const y = [1, 0, -1, 2];
type Batch = { readonly x: Tensor; readonly y: Tensor };
const batch = (): Batch => ({ x: tensor2d(X), y: tensor1d(y) });
const losses = ({ w }: P, data: Batch): Tensor1D => {
  const residual = sub(reshape(matMul(data.x as never, reshape(w, [3, 1])), [-1]), data.y);
  return mul(0.5, square(residual)) as Tensor1D;
};
const regression = (params: P, data: Batch): Scalar => mean(losses(params, data));
const residuals = (w: V): V => X.map((x, e) => inner(x, w) - y[e]!);
const gradientOf = (w: V, chosen: V): V => chosen.reduce<V>((g, e) => plus(g, residuals(w)[e]! / chosen.length, X[e]!), [0, 0, 0]);
const all = [0, 1, 2, 3];

describe("variants on a regression choose examples, entries and halves", () => {
  it("esam() descends the examples whose loss rose most", () => {
    const rule = (w: V): V => {
      const g = gradientOf(w, all);
      const there = plus(w, rho / length(g), g);
      const [before, after] = [residuals(w), residuals(there)];
      const rise = (e: number): number => 0.5 * (after[e]! ** 2 - before[e]! ** 2);
      const chosen = all.toSorted((i, j) => rise(j) - rise(i)).slice(0, 2);
      return plus(w, -0.1, gradientOf(there, chosen));
    };
    follows(esam(losses, { rho, beta: 1, gamma: 0.5, transform }), path(rule), batch);
  });

  it("esam() lets each tensor sit out with probability 1 − β, and lengthens the rest by 1/β", () => {
    noLeaks(() =>
      scoped(() => {
        const { init, step } = esam(losses, { rho, beta: 0.25, gamma: 1, transform });
        const sat = Array.from({ length: 200 }, (_, i) => {
          const [{ posterior }] = step(key(i), init({ w: tensor1d(start) }), batch());
          const g = gradientOf(start, all);
          const [still, moved] = [plus(start, -0.1, g), plus(start, -0.1, gradientOf(plus(start, rho / 0.25 / length(g), g), all))];
          const at = [...posterior.mean.w.dataSync()];
          const near = (w: V): boolean => length(plus(at, -1, w)) < WITHIN;
          expect(near(still) || near(moved)).toBe(true);
          return near(still);
        });
        // Binomial(200, ¾): five standard deviations of √(200 · 3/16).
        expect(Math.abs(sat.filter(Boolean).length - 150)).toBeLessThan(5 * Math.sqrt(200 * 0.1875));
      }),
    );
  });

  it("sparseSam() perturbs the entries of largest Fisher information, chosen anew every so many steps", () => {
    let mask: V = [];
    const rule = (w: V, t: number): V => {
      if (t % 2 === 0) {
        const fisher = start.map((_, i) => all.reduce((s, e) => s + (residuals(w)[e]! * X[e]![i]!) ** 2, 0));
        const least = fisher.toSorted((a, c) => c - a)[1]!;
        mask = fisher.map((f) => (f >= least ? 1 : 0));
      }
      const g = gradientOf(w, all);
      return plus(w, -0.1, gradientOf(plus(w, rho / length(g), times(mask, g)), all));
    };
    follows(sparseSam(regression, { rho, sparsity: 1 / 3, refresh: 2, transform }), path(rule), batch);
  });

  it("sparseSam() that drops and grows begins at random, keeps as many entries, drops those of smallest gradient and grows none that it held", () => {
    noLeaks(() =>
      scoped(() => {
        const width = 40;
        const sums = (m: V): number => m.reduce((s, x) => s + x, 0);
        const turnover = { kept: 10, fraction: 0.4, horizon: 100 };
        const slopes = Array.from({ length: width }, (_, i) => (i % 2 === 0 ? 1 : -1) * (1 + ((i * 7) % width)));
        const grad = {
          a: tensor1d(slopes.slice(0, 15)),
          b: tensor2d([slopes.slice(15, 27), slopes.slice(27, 39)].map((r) => r.slice(0, 12))),
          c: tensor1d(slopes.slice(39)),
        };
        const empty = map((x) => zerosLike(x), grad);
        const numbers = (tree: typeof grad): V => Object.values(tree).flatMap((x) => [...x.dataSync()]);
        const first = droppedAndGrown(empty, { grad, key: key(1), count: scalar(0, "int32"), turnover });
        expect(sums(numbers(first))).toBe(10);
        expect(numbers(droppedAndGrown(empty, { grad, key: key(2), count: scalar(0, "int32"), turnover }))).not.toEqual(numbers(first));
        const held = numbers(first);
        const second = numbers(droppedAndGrown(first, { grad, key: key(3), count: scalar(50, "int32"), turnover }));
        // Half way: 10 · 0.4 · ½ = 2 of them change.
        expect(sums(second)).toBe(10);
        const kept = held.flatMap((m, i) => (m === 1 && second[i] === 1 ? [Math.abs(slopes[i]!)] : []));
        const dropped = held.flatMap((m, i) => (m === 1 && second[i] === 0 ? [Math.abs(slopes[i]!)] : []));
        expect([kept.length, dropped.length]).toEqual([8, 2]);
        expect(Math.max(...dropped)).toBeLessThan(Math.min(...kept));
        expect(numbers(droppedAndGrown(first, { grad, key: key(4), count: scalar(100, "int32"), turnover }))).toEqual(held);
      }),
    );
    expect(() => sparseSam(regression, { transform, turnover: 2 })).toThrow("expected turnover in [0, 1], got 2");
  });

  it("randomWeightPerturbation() mixes a noisy half with a clean half, and damps filters of large gradients", () => {
    let F = 0;
    const rule = (w: V, t: number): V => {
      const z = scoped(() => [...normalLike(key(t), { w: tensor1d(start) }).w.dataSync()]);
      const there = plus(w, (0.2 * length(w)) / Math.sqrt(1 + 0.5 * F), z);
      const noisy = gradientOf(there, [0, 1]);
      F = 0.9 * F + inner(noisy, noisy);
      return plus(
        w,
        -0.1,
        plus(
          noisy.map((g) => 0.7 * g),
          0.3,
          gradientOf(w, [2, 3]),
        ),
      );
    };
    const algorithm = randomWeightPerturbation(regression, { deviation: 0.2, lambda: 0.7, eta: 0.5, beta: 0.9, transform });
    follows(algorithm, path(rule), batch);
  });

  it("chunks perturb each part of a batch by itself, microBatches leave the step as it was", () => {
    const part = (w: V, chosen: V): V => gradientOf(plus(w, rho / length(gradientOf(w, chosen)), gradientOf(w, chosen)), chosen);
    const whole = (w: V): V => plus(w, -0.1, part(w, all));
    const halves = (w: V): V => plus(w, -0.05, plus(part(w, [0, 1]), 1, part(w, [2, 3])));
    const uneven = (w: V): V => plus(plus(w, -0.025, part(w, [0])), -0.025, plus(part(w, [1]), 2, part(w, [2, 3])));
    follows(sam(regression, { rho, transform }), path(whole), batch);
    follows(sam(regression, { rho, microBatches: 3, transform }), path(whole), batch);
    follows(sam(regression, { rho, chunks: 2, transform }), path(halves), batch);
    follows(sam(regression, { rho, chunks: 3, transform }), path(uneven), batch);
    expect(() => follows(sam(regression, { rho, chunks: 5, transform }), path(whole), batch)).toThrow("at least 5, got 4");
  });
});

describe("variants at ρ = 0", () => {
  it("no member perturbs at ρ = 0: each descends its gradient at the mean", () => {
    const descent = path((w) => plus(w, -0.1, gradient(w)));
    const options = { rho: 0, transform };
    for (const member of [
      sam(quadratic, options),
      asam(quadratic, options),
      randomSam(quadratic, options),
      gsam(quadratic, options),
      stableSam(quadratic, options),
      wsam(quadratic, options),
      decoupledWsam(quadratic, { ...options, learningRate: 0.1 }),
      friendlySam(quadratic, options),
      lookSam(quadratic, { ...options, alpha: 0 }),
      msam(quadratic, { ...options, decay: 0 }),
      fisherSam(quadratic, options),
    ])
      follows(member, descent, none);
  });

  it("a radius follows its schedule from step to step, from zero upwards", () => {
    const schedule: Schedule = (count) => mul(count, 0.1);
    follows(
      sam(quadratic, { rho: schedule, transform }),
      path((w, t) => plus(w, -0.1, gradient(ascended(w, 0.1 * t)))),
      none,
    );
    follows(
      asam(quadratic, { rho: tiedSchedule(schedule, { from: [0, 1], to: [0.1, 1.1] }), relative: layerwise(), transform }),
      path((w, t) => plus(w, -0.1, gradient(ascended(w, (0.1 * t + 0.1) * length(w))))),
      none,
    );
  });
});

type Deep = { readonly kernel: Tensor; readonly bias: Tensor };
const position = (): Deep => ({
  kernel: tensor2d([
    [0.5, -0.2],
    [0.3, 0.8],
  ]),
  bias: tensor1d([0.1, -0.4]),
});
const data = (): { x: Tensor; t: Tensor } => ({
  x: tensor2d([
    [1, 2],
    [-1, 0.5],
    [0.3, -2],
    [2, 1],
  ]),
  t: tensor2d([
    [1, 0],
    [0, 1],
    [1, 1],
    [0, 0],
  ]),
});
const perExample = ({ kernel, bias }: Deep, { x, t }: { x: Tensor; t: Tensor }): Tensor1D =>
  mean(square(sub(add(matMul(x as never, kernel as never), bias), t)), 1) as Tensor1D;
const loss = (params: Deep, d: { x: Tensor; t: Tensor }): Scalar => mean(perExample(params, d));
const base = { transform: momentum(0.1) };

for (const [name, algorithm] of Object.entries({
  "asam()": asam(loss, base),
  "asam(), by filters,": asam(loss, { ...base, relative: filterwise() }),
  "decoupledWsam()": decoupledWsam(loss, { ...base, learningRate: 0.1 }),
  "esam()": esam(perExample, base),
  "fisherSam()": fisherSam(loss, base),
  "friendlySam()": friendlySam(loss, base),
  "gsam()": gsam(loss, base),
  "lookbehind()": lookbehind(loss, { ...base, alpha: "adaptive" }),
  "lookSam()": lookSam(loss, base),
  "msam()": msam(loss, { transform: sgd(0.1) }),
  "randomWeightPerturbation()": randomWeightPerturbation(loss, base),
  "sam(), in chunks and micro-batches, on a schedule,": sam(loss, { ...base, rho: (count) => mul(count, 0.1), chunks: 2, microBatches: 2 }),
  "sparseSam()": sparseSam(loss, { ...base, refresh: 2 }),
  "sparseSam(), dropping and growing,": sparseSam(loss, { ...base, refresh: 2, choice: "drop-and-grow" }),
  "stableSam()": stableSam(loss, base),
  "variationalSam()": variationalSam(loss, { n: 100, ...base }),
  "variationalSam(), form II,": variationalSam(loss, { n: 100, scaleGradient: "clean", ...base }),
  "mfvi(), four draws,": mfvi(loss, { n: 100, samples: 4, ...base }),
})) {
  describe(name, () => {
    // What all of them share is compiled by XLA in the tests of `perturbed`.
    const trial = { algorithm: algorithm as Algorithm<Deep, Tree, Tree, ReturnType<typeof data>>, position, data, jit: { xla: false } };
    for (const { says, holds } of algorithmLaws<Deep & Params, Tree, Tree, ReturnType<typeof data>>(name, trial)) it(says, holds);
  });
}
