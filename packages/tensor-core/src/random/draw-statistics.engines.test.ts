import chiSquare from "@stdlib/stats-base-dists-chisquare-cdf";
import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import { reshape, tensor1d, tile, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { engine } from "../engine.ts";
import { scoped } from "../memory.ts";
import { expectation } from "../testing/monte-carlo.ts";
import { bernoulli, categorical, normal, permutation, rademacher, truncatedNormal, uniform } from "./draw.ts";
import { key, type Key } from "./key.ts";
import { foldIn, split } from "./split.ts";

await engine();

const N = 100_000;
/** Seeds are fixed, so a test either always passes or never does; under the hypothesis one in 10⁴ seeds fails. */
const SIGNIFICANCE = 1e-4;
const numbers = (draw: () => Tensor): Float64Array => Float64Array.from(scoped(() => draw().dataSync()));
const uniforms = (k: Key, n = N): Float64Array => numbers(() => uniform(k, [n]));
const normals = (k: Key, n = N): Float64Array => numbers(() => normal(k, [n]));

/** Moments of independent draws are worth their number; five standard errors of each. */
function moments(draws: Float64Array, truths: readonly (readonly [(x: number) => number, number])[]): void {
  for (const [of, truth] of truths) expectation(draws.map(of), truth, { ess: 0.9 * draws.length });
}

/** The p-value of Pearson's test of counts against what was expected. */
function pearson(counts: readonly number[], expected: readonly number[]): number {
  const statistic = counts.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0);
  return 1 - chiSquare(statistic, counts.length - 1);
}

/** The p-value of Kolmogorov and Smirnov's test of draws against a distribution function: its limit law, with Stephens's correction for n [Stephens1970]. */
function kolmogorov(draws: Float64Array, distribution: (x: number) => number): number {
  const n = draws.length;
  const distance = draws.toSorted().reduce((most, x, i) => Math.max(most, distribution(x) - i / n, (i + 1) / n - distribution(x)), 0);
  const scaled = distance * (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n));
  let p = 0;
  for (let k = 1; k <= 100; k++) p += 2 * (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * (k * scaled) ** 2);
  return p;
}

function correlation(xs: Float64Array, ys: Float64Array): number {
  const mean = (zs: Float64Array) => zs.reduce((s, z) => s + z, 0) / zs.length;
  const [mx, my] = [mean(xs), mean(ys)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < xs.length; i++) {
    xy += (xs[i]! - mx) * (ys[i]! - my);
    xx += (xs[i]! - mx) ** 2;
    yy += (ys[i]! - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

it("the test of Kolmogorov and Smirnov has its published critical values, and notices a shift", () => {
  // At n = 100 the 5 % point of the distance is 0.1340 [Stephens1970, table 1A: 1.358 of the modified statistic].
  const spaced = Float64Array.from({ length: 100 }, (_, i) => (i + 0.5) / 100);
  expect(
    kolmogorov(
      spaced.map((x) => x - 0.134 + 0.005),
      (x) => Math.min(1, Math.max(0, x)),
    ),
  ).toBeCloseTo(0.05, 2);
  expect(kolmogorov(normals(key(2)), (x) => normalCdf(x - 0.03, 0, 1))).toBeLessThan(SIGNIFICANCE);
});

describe("uniform()", () => {
  it("uniform() has the moments of U[0, 1)", () => {
    moments(
      uniforms(key(1)),
      [1, 2, 3, 4].map((k) => [(x) => x ** k, 1 / (k + 1)] as const),
    );
  });

  it("uniform() passes Kolmogorov and Smirnov's test", () => {
    expect(kolmogorov(uniforms(key(2), N), (x) => x)).toBeGreaterThan(SIGNIFICANCE);
  });

  it("uniform() fills 256 cells of pairs of successive draws evenly", () => {
    const u = uniforms(key(3));
    const counts = Array.from({ length: 256 }, () => 0);
    for (let i = 0; i < N; i += 2) counts[Math.floor(u[i]! * 16) * 16 + Math.floor(u[i + 1]! * 16)]! += 1;
    expect(
      pearson(
        counts,
        counts.map(() => N / 2 / 256),
      ),
    ).toBeGreaterThan(SIGNIFICANCE);
  });

  it("uniform() has each of its 24 bits set half of the time", () => {
    const u = uniforms(key(4));
    for (let bit = 1; bit <= 24; bit++) {
      const share = u.reduce((sum, x) => sum + (Math.floor(x * 2 ** bit) % 2), 0) / N;
      expect(Math.abs(share - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(N));
    }
  });
});

describe("normal()", () => {
  it("normal() has the moments of N(0, 1)", () => {
    moments(normals(key(1)), [
      [(x) => x, 0],
      [(x) => x ** 2, 1],
      [(x) => x ** 3, 0],
      [(x) => x ** 4, 3],
      [(x) => x ** 6, 15],
      [(x) => Math.abs(x), Math.sqrt(2 / Math.PI)],
    ]);
  });

  it("normal() passes Kolmogorov and Smirnov's test", () => {
    expect(kolmogorov(normals(key(2), N), (x) => normalCdf(x, 0, 1))).toBeGreaterThan(SIGNIFICANCE);
  });

  it("normal() has the tails of N(0, 1)", () => {
    const z = normals(key(3), 400_000);
    const edges = [-4, -3.5, -3, -2.5, 2.5, 3, 3.5, 4];
    const counts = Array.from({ length: edges.length + 1 }, () => 0);
    for (const x of z) counts[edges.filter((edge) => x >= edge).length]! += 1;
    const below = [0, ...edges.map((edge) => normalCdf(edge, 0, 1)), 1];
    expect(
      pearson(
        counts,
        counts.map((_, i) => z.length * (below[i + 1]! - below[i]!)),
      ),
    ).toBeGreaterThan(SIGNIFICANCE);
  });

  it("normal() gives pairs that are uncorrelated, and so are their squares", () => {
    const z = normals(key(4));
    const [first, second] = [z.subarray(0, N / 2), z.subarray(N / 2)];
    for (const power of [1, 2])
      expect(
        Math.abs(
          correlation(
            first.map((x) => x ** power),
            second.map((x) => x ** power),
          ),
        ),
      ).toBeLessThan(5 / Math.sqrt(N / 2));
  });
});

describe("independence", () => {
  for (const lag of [1, 2, 3, 4, 5, 64, 1024]) {
    it(`uniform() and normal() are uncorrelated at lag ${lag}`, () => {
      for (const x of [uniforms(key(5)), normals(key(5))])
        expect(Math.abs(correlation(x.subarray(lag), x.subarray(0, N - lag)))).toBeLessThan(5 / Math.sqrt(N - lag));
    });
  }

  it("the children of a split draw independently of each other and of their parent", () => {
    const [left, right] = split(key(6));
    const streams = [key(6), left, right, foldIn(key(6), 0), foldIn(key(6), 1), key(7)].map((k) => normals(k));
    streams.forEach((xs, i) => streams.slice(i + 1).forEach((ys) => expect(Math.abs(correlation(xs, ys))).toBeLessThan(5 / Math.sqrt(N))));
  });

  it("the first draws of successive seeds, children and folds look like draws of one stream", () => {
    const families: { readonly [name: string]: (i: number) => Key } = {
      seeds: (i) => key(i),
      folds: (i) => foldIn(key(8), i),
      "nested children": (i) => split(foldIn(key(9), i))[1],
    };
    for (const [name, keyAt] of Object.entries(families)) {
      const firsts = Float64Array.from({ length: 5000 }, (_, i) => numbers(() => uniform(keyAt(i)))[0]!);
      expect(
        kolmogorov(firsts, (x) => x),
        name,
      ).toBeGreaterThan(SIGNIFICANCE);
      expect(Math.abs(correlation(firsts.subarray(1), firsts.subarray(0, -1))), name).toBeLessThan(5 / Math.sqrt(firsts.length));
    }
  });
});

describe("truncatedNormal()", () => {
  const density = (x: number) => Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI);
  for (const [low, high] of [
    [-2, 2],
    [-1, 3],
    [0.5, 4],
    [-4, -3],
  ] as const) {
    it(`truncatedNormal() on [${low}, ${high}] has the closed-form mean and variance`, () => {
      const mass = normalCdf(high, 0, 1) - normalCdf(low, 0, 1);
      const mean = (density(low) - density(high)) / mass;
      const second = 1 + (low * density(low) - high * density(high)) / mass;
      moments(
        numbers(() => truncatedNormal(key(10), [N], { low, high })),
        [
          [(x) => x, mean],
          [(x) => x ** 2, second],
        ],
      );
    });

    it(`truncatedNormal() on [${low}, ${high}] passes Kolmogorov and Smirnov's test`, () => {
      const [from, to] = [normalCdf(low, 0, 1), normalCdf(high, 0, 1)];
      const shares = numbers(() => truncatedNormal(key(11), [N], { low, high })).map((x) => (normalCdf(x, 0, 1) - from) / (to - from));
      expect(kolmogorov(shares, (x) => x)).toBeGreaterThan(SIGNIFICANCE);
    });
  }
});

describe("discrete draws", () => {
  it("bernoulli() is true with its probability", () => {
    for (const p of [0, 0.001, 0.3, 0.999, 1]) {
      const share = numbers(() => bernoulli(key(12), p, [N])).reduce((sum, x) => sum + x, 0) / N;
      expect(Math.abs(share - p)).toBeLessThanOrEqual(5 * Math.sqrt((p * (1 - p)) / N));
    }
  });

  it("rademacher() has signs that are even", () => {
    expect(Math.abs(numbers(() => rademacher(key(13), [N])).reduce((sum, x) => sum + x, 0) / N)).toBeLessThan(5 / Math.sqrt(N));
  });

  it("categorical() has the class probabilities softmax(logits)", () => {
    const probabilities = [0.5, 0.3, 0.15, 0.04, 0.01];
    const drawn = numbers(() => categorical(key(14), tile(reshape(tensor1d(probabilities.map(Math.log)), [1, 5]), [N, 1])));
    const counts = probabilities.map((_, c) => drawn.reduce((sum, x) => sum + (x === c ? 1 : 0), 0));
    expect(
      pearson(
        counts,
        probabilities.map((p) => p * N),
      ),
    ).toBeGreaterThan(SIGNIFICANCE);
  });

  it("categorical() never draws a class of logit −∞", () => {
    const drawn = numbers(() => categorical(key(15), tile(reshape(tensor1d([-Infinity, 0, -Infinity, 1]), [1, 4]), [10_000, 1])));
    expect([...new Set(drawn)].toSorted()).toEqual([1, 3]);
  });

  it("permutation() of four has all 24 orders equally often", () => {
    const draws = 4800;
    const counts = new Map<string, number>();
    for (let i = 0; i < draws; i++) {
      const order = numbers(() => permutation(foldIn(key(16), i), 4)).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(
      pearson(
        [...counts.values()],
        Array.from({ length: 24 }, () => draws / 24),
      ),
    ).toBeGreaterThan(SIGNIFICANCE);
  });
});
