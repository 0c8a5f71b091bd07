import { foldIn, key, logProbs, tabular, uniformNumbers, type Autoregressive, type Tabular } from "@lab/tensor-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leakyMixture } from "../construction/leaky-mixture.ts";
import { prefixEdit, swapped } from "../construction/prefix-edit.ts";
import { reroute } from "../construction/reroute.ts";
import { prefixLogProb } from "../construction/prefix-log-prob.ts";
import { behaviourCertificate, leastCertified } from "./behaviour-certificate.ts";
import { confidenceSequence } from "./confidence-sequence.ts";
import { divergences } from "./divergences.ts";
import { equivalent, type Method } from "./equivalent.ts";
import { floored } from "./floored.ts";
import { bootstrapInterval, empiricalBernstein, normalInterval, type Interval } from "./interval.ts";
import { sequenceKl } from "./sequence-kl.ts";

const end = 2;
const coin = (heads: number): Tabular =>
  tabular(
    [
      [[0], heads],
      [[1], 1 - heads],
    ],
    { vocabulary: 3, end },
  );
const extent = { end, longest: 2 };
const unit = [0, 1] as const;

describe("intervals", () => {
  const repeats = 300;
  const n = 150;
  const alpha = 0.1;
  /** u³ has mean ¼: skewed, and bounded by 1. */
  const draws = (i: number): Float64Array => uniformNumbers(foldIn(key(3), i), n).map((u) => u ** 3);
  const intervals: readonly (readonly [string, (values: Float64Array, i: number) => Interval, asymptotic: boolean])[] = [
    ["normalInterval()", (values) => normalInterval(values, { alpha }), true],
    ["bootstrapInterval()", (values, i) => bootstrapInterval(values, { alpha, key: foldIn(key(4), i), resamples: 80 }), true],
    ["empiricalBernstein()", (values) => empiricalBernstein(values, { alpha, range: unit }), false],
    ["confidenceSequence()", (values) => confidenceSequence(values, { alpha, range: unit }), false],
  ];
  for (const [name, interval, asymptotic] of intervals)
    it(`${name} covers a skewed mean as often as it promises`, () => {
      const covered =
        Array.from({ length: repeats }, (_, i) => interval(draws(i), i)).filter(({ lower, upper }) => lower <= 0.25 && 0.25 <= upper).length / repeats;
      // Five standard errors of 300 repeats, and for what holds only as n grows 0.03 more, which is not derived.
      expect(covered).toBeGreaterThanOrEqual(1 - alpha - 5 * Math.sqrt((alpha * (1 - alpha)) / repeats) - (asymptotic ? 0.03 : 0));
      const { lower, value, upper } = interval(draws(0), 0);
      expect(lower).toBeLessThan(value);
      expect(value).toBeLessThan(upper);
      expect(upper - lower).toBeLessThan(0.5);
    });

  it("confidenceSequence() errs at any of all looks in at most α of the runs, where looking at a normal interval errs more", () => {
    const [runs, longest] = [150, 160];
    const looks = Array.from({ length: longest / 8 }, (_, i) => 8 * (i + 1));
    const everWrong = (interval: (values: Float64Array) => Interval): number =>
      Array.from({ length: runs }, (_, i) => uniformNumbers(foldIn(key(9), i), longest).map((u) => Number(u < 0.3))).filter((values) =>
        looks.some((look) => {
          const { lower, upper } = interval(values.slice(0, look));
          return !(lower <= 0.3 && 0.3 <= upper);
        }),
      ).length / runs;
    const [always, pointwise] = [
      everWrong((values) => confidenceSequence(values, { alpha, range: unit })),
      everWrong((values) => normalInterval(values, { alpha })),
    ];
    expect(always).toBeLessThanOrEqual(alpha + 5 * Math.sqrt((alpha * (1 - alpha)) / runs));
    expect(pointwise).toBeGreaterThan(0.2);
    expect(always).toBeLessThan(pointwise);
  });

  it("intervals of all-infinite draws are unbounded; draws outside a range, too few and wrong levels are refused", () => {
    expect(normalInterval([Infinity, 1], { alpha })).toEqual({ value: Infinity, lower: 0, upper: Infinity });
    expect(bootstrapInterval([Infinity, 1], { alpha, key: key(0) }).upper).toBe(Infinity);
    for (const interval of [empiricalBernstein, confidenceSequence]) {
      expect(() => interval([0.5, 2], { alpha, range: unit })).toThrow("expected draws in [0, 1], got 2");
      expect(() => interval([0.5, NaN], { alpha, range: unit })).toThrow("got NaN");
      expect(() => interval([0.5, 0.5], { alpha, range: [1, 1] })).toThrow("a finite range");
      for (const wrong of [0, 1, NaN]) expect(() => interval([0.5, 0.5], { alpha: wrong, range: unit })).toThrow(`in (0, 1), got ${wrong}`);
    }
    expect(() => normalInterval([1], { alpha })).toThrow("at least 2 draws, got 1");
  });
});

describe("floored()", () => {
  it("floored() excludes nothing, and costs at most −ln(1 − δ) a token more", async () => {
    const [p, q, rate] = [coin(0.5), coin(0.3), 0.05];
    const floor = floored(q, { rate });
    expect((await floor.logProbs([])).reduce((sum, l) => sum + Math.exp(l), 0)).toBeCloseTo(1, 12);
    const [before, after] = [(await sequenceKl([p, q], extent)).value, (await sequenceKl([p, floor], extent)).value];
    expect(after).toBeLessThanOrEqual(before - 2 * Math.log1p(-rate));
    expect((await sequenceKl([p, floored(coin(1), { rate })], extent)).value).toBeLessThan(Infinity);
    expect(() => floored(q, { rate: 1 })).toThrow("in (0, 1), got 1");
  });
});

describe("equivalent()", () => {
  const methods: readonly Method[] = ["exact", "betting", "bernstein", "normal", "bootstrap"];
  for (const method of methods)
    it(`equivalent() by ${method} tells near from far, and covers the exact divergence`, async () => {
      const [p, near, far] = [coin(0.5), coin(0.45), coin(0.05)];
      const options = { epsilon: 0.15, method, draws: method === "bootstrap" ? 500 : 3000, ...extent };
      const close = await equivalent(key(1), [p, near], options);
      expect(close.decision).toBe("equivalent");
      expect((await equivalent(key(2), [p, far], options)).decision).toBe("different");
      const { kl } = await divergences([p, near], extent);
      // A floor of 10⁻⁶ on two tokens.
      expect(close.kl.lower).toBeLessThanOrEqual(kl + 3e-6);
      expect(close.kl.upper).toBeGreaterThanOrEqual(kl - 3e-6);
      expect(close.drawsNeeded).toBeUndefined();
    });

  /** ln p/q varies from draw to draw: the second flip is fair after heads alone. */
  const twoFlips: Autoregressive = {
    vocabulary: 3,
    logProbs: (s) => logProbs(s.length === 0 ? [0, 0, -Infinity] : s.length === 1 ? [s[0] === 0 ? 0 : -3, 0, -Infinity] : [-Infinity, -Infinity, 0]),
  };
  const fair: Autoregressive = { vocabulary: 3, logProbs: (s) => logProbs(s.length < 2 ? [0, 0, -Infinity] : [-Infinity, -Infinity, 0]) };

  it("equivalent() is undecided where the mean is near epsilon, and says how many draws would do; more decide", async () => {
    const { value } = await sequenceKl([twoFlips, fair], { end, longest: 3 });
    const options = { epsilon: value * 1.1, method: "normal", end, longest: 3 } as const;
    const few = await equivalent(key(5), [twoFlips, fair], { ...options, draws: 20 });
    expect(few.decision).toBe("undecided");
    expect(few.drawsNeeded).toBeGreaterThan(20);
    expect((await equivalent(key(5), [twoFlips, fair], { ...options, draws: 5000 })).decision).toBe("equivalent");
  });

  it("equivalent() by betting calls a false hypothesis true in at most α of the runs", async () => {
    const { value } = await sequenceKl([twoFlips, fair], { end, longest: 3 });
    const [runs, alpha] = [60, 0.1];
    let wrong = 0;
    for (let i = 0; i < runs; i++) {
      const found = await equivalent(foldIn(key(6), i), [twoFlips, fair], { epsilon: value * 0.99, alpha, end, longest: 3, draws: 256, floor: 0.01 });
      wrong += Number(found.decision === "equivalent");
    }
    expect(wrong / runs).toBeLessThanOrEqual(alpha + 5 * Math.sqrt((alpha * (1 - alpha)) / runs));
  });

  it("equivalent() stops early by betting where the answer is plain, and reports what the cut lost", async () => {
    const found = await equivalent(key(7), [coin(0.5), coin(0.5)], { epsilon: 1, ...extent });
    expect(found.decision).toBe("equivalent");
    expect(found.draws).toBeLessThan(2000);
    const endless: Autoregressive = { vocabulary: 3, logProbs: () => logProbs([0, 0, 0]) };
    const cut = await equivalent(key(8), [endless, endless], { epsilon: 0.1, method: "exact", end, longest: 2 });
    expect(cut.decision).toBe("undecided");
    expect(cut.kl.unfinished).toBeCloseTo(4 / 9, 12);
  });

  it("equivalent() refuses budgets, levels and vocabularies that are none", async () => {
    const pair = [coin(0.5), coin(0.5)] as const;
    await expect(equivalent(key(0), pair, { epsilon: 0, ...extent })).rejects.toThrow("epsilon above 0, got 0");
    await expect(equivalent(key(0), pair, { epsilon: 1, alpha: 0.5, ...extent })).rejects.toThrow("alpha in (0, 0.5), got 0.5");
    await expect(equivalent(key(0), pair, { epsilon: 1, floor: 0, ...extent })).rejects.toThrow("floor in (0, 1), got 0");
    await expect(equivalent(key(0), pair, { epsilon: 1, draws: 1, ...extent })).rejects.toThrow("at least 2 draws, got 1");
    const other = tabular([[[0], 1]], { vocabulary: 4, end });
    await expect(equivalent(key(0), [pair[0], other], { epsilon: 1, ...extent })).rejects.toThrow("expected one vocabulary, got 3 and 4");
  });
});

describe("behaviourCertificate()", () => {
  it("behaviourCertificate() holds of every prompt of edited and leaky random models", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 4, maxLength: 4 }),
        fc.double({ min: 0.001, max: 0.4, noNaN: true }),
        async (weights, epsilon) => {
          const total = weights.reduce((x, y) => x + y, 0);
          const strings = [[0], [1], [0, 1], [1, 1, 0]];
          const p = tabular(
            weights.map((w, i) => [strings[i]!, w / total] as const),
            { vocabulary: 3, end },
          );
          const leak = leakyMixture(p, tabular([[[0, 0], 1]], { vocabulary: 3, end }), { epsilon });
          const edit = await prefixEdit(p, [[]], (old) => logProbs(old.map((l) => l / 2)));
          for (const { model, kl } of [leak, edit])
            for (const prompt of [[], [0], [1], [1, 1]]) {
              const [probability, next] = [Math.min(1, Math.exp(await prefixLogProb(p, prompt))), p.logProbs(prompt)];
              const other = await model.logProbs(prompt);
              const certified = behaviourCertificate(kl, { probability, next });
              const tv = next.reduce((sum, l, v) => sum + Math.abs(Math.exp(l) - Math.exp(other[v]!)), 0) / 2;
              if (certified.tv !== undefined) expect(tv).toBeLessThanOrEqual(certified.tv + 1e-12);
              if (certified.argMaxAgrees) expect(other.indexOf(Math.max(...other))).toBe(next.indexOf(Math.max(...next)));
            }
        },
      ),
      { numRuns: 40, seed: 4 },
    ));

  it("behaviourCertificate() says nothing of prompts of probability zero, where a rerouting does as it likes, and of rare ones", async () => {
    const p = coin(0.5);
    const { model, kl } = reroute(p, () => [0, 0, 1]);
    expect(behaviourCertificate(kl, { probability: Math.exp(await prefixLogProb(p, [0, 0])), next: p.logProbs([0, 0]) })).toEqual({
      kl: undefined,
      tv: undefined,
      argMaxAgrees: undefined,
    });
    expect((await model.logProbs([0, 0]))[end]).toBe(0);
    expect(behaviourCertificate(0.01, { probability: 1e-6 }).tv).toBeUndefined();
    expect(leastCertified(0.01, { tau: 0.1 })).toBeCloseTo(0.5, 12);
    expect(() => behaviourCertificate(-1, { probability: 1 })).toThrow("at least 0, got -1");
    expect(() => behaviourCertificate(1, { probability: 1.2 })).toThrow("in [0, 1], got 1.2");
  });

  it("a swap that changes the arg-max is never within the divergence that certifies it", async () => {
    const p = coin(0.8);
    const { kl } = await prefixEdit(floored(p, { rate: 0.1 }), [[]], swapped);
    expect(behaviourCertificate(kl, { probability: 1, next: p.logProbs([]) }).argMaxAgrees).toBeUndefined();
    expect(behaviourCertificate(0.1, { probability: 1, next: p.logProbs([]) }).argMaxAgrees).toBe(true);
  });
});
