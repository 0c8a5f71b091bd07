import { expect, it } from "vitest";
import { binaryKlInverse, binaryKlInverseLower } from "../bounds/binary-kl.ts";
import { meanInterval } from "./mean-interval.ts";

it("meanInterval() without a variance is the interval of the binary kl", () => {
  expect(meanInterval({ mean: 0.2, draws: 100 }, 0.05)).toEqual({
    low: binaryKlInverseLower(0.2, Math.log(20) / 100),
    high: binaryKlInverse(0.2, Math.log(20) / 100),
  });
});

it("meanInterval() with a small variance is that of empirical Bernstein at half of δ, and never wider than the kl's at half of δ", () => {
  const [mean, draws, variance, delta] = [0.3, 2000, 1e-4, 0.01];
  const log = Math.log(2 / (delta / 2));
  const width = Math.sqrt((2 * variance * log) / draws) + (7 * log) / (3 * (draws - 1));
  const { low, high } = meanInterval({ mean, draws, variance }, delta);
  expect(Math.abs(high - (mean + width))).toBeLessThan(1e-12);
  expect(Math.abs(low - (mean - width))).toBeLessThan(1e-12);
  const wide = meanInterval({ mean, draws, variance: 0.21 }, delta);
  expect(wide).toEqual(meanInterval({ mean, draws }, delta / 2));
  expect(high).toBeLessThan(wide.high);
});

it("meanInterval() misses no more often than δ at each end, for draws of a small and of the greatest variance", () => {
  let seed = 99;
  const random = (): number => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0), seed / 2 ** 32);
  const [trials, draws, delta] = [4000, 30, 0.1];
  for (const draw of [(): number => 0.4 + 0.02 * random(), (): number => (random() < 0.41 ? 1 : 0)]) {
    let [above, below] = [0, 0];
    for (let t = 0; t < trials; t++) {
      const xs = Array.from({ length: draws }, draw);
      const mean = xs.reduce((s, x) => s + x, 0) / draws;
      const variance = xs.reduce((s, x) => s + (x - mean) ** 2, 0) / (draws - 1);
      const { low, high } = meanInterval({ mean, draws, variance }, delta);
      if (high < 0.41) above++;
      if (low > 0.41) below++;
    }
    // Binomial: at most δ trials, and five standard errors.
    const most = delta * trials + 5 * Math.sqrt(trials * delta * (1 - delta));
    expect(above).toBeLessThan(most);
    expect(below).toBeLessThan(most);
  }
});

it("meanInterval() is [0, 1] for NaN, and names what is no probability, mean, variance or number of draws", () => {
  expect(meanInterval({ mean: NaN, draws: 10 }, 0.1)).toEqual({ low: 0, high: 1 });
  expect(meanInterval({ mean: 0.5, draws: 10, variance: NaN }, 0.1)).toEqual(meanInterval({ mean: 0.5, draws: 10 }, 0.05));
  expect(() => meanInterval({ mean: 0.5, draws: 10 }, 0)).toThrow("delta must be in (0, 1), got 0");
  expect(() => meanInterval({ mean: 1.5, draws: 10 }, 0.1)).toThrow("must be in [0, 1], got 1.5");
  expect(() => meanInterval({ mean: 0.5, draws: 0 }, 0.1)).toThrow("draws must be a whole number of at least 1, got 0");
  expect(() => meanInterval({ mean: 0.5, draws: 5, variance: -1 }, 0.1)).toThrow("a variance must be at least 0, got -1");
});
