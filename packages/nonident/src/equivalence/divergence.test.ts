import { key, logProbs, tabular, type Autoregressive, type Sequence, type Tabular } from "@lab/tensor-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { members } from "../language/members.ts";
import { finiteAutomaton } from "../language/finite-automaton.ts";
import { divergences } from "./divergences.ts";
import {
  controlVariateKl,
  logRatioKl,
  raoBlackwellKl,
  sampledJs,
  sampledRenyi,
  sampledSquaredHellinger,
  sampledTv,
  squaredLogRatio,
  type Estimate,
} from "./estimators.ts";
import { logRatioDraws } from "./log-ratio-draws.ts";
import { sequenceKl } from "./sequence-kl.ts";

const [a, b, end] = [0, 1, 2];
const all = members(finiteAutomaton({ transitions: [[0, 0]], accepting: [0] }), { longest: 2 });
const normalised = (weights: readonly number[]): number[] => weights.map((w) => w / weights.reduce((x, y) => x + y, 0));
const model = (weights: readonly number[]): Tabular =>
  tabular(
    normalised(weights).map((w, i) => [all[i]!, w] as const),
    { vocabulary: 3, end },
  );
const table = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: all.length, maxLength: all.length });
const extent = { end, longest: 3 };
const sum = (xs: readonly number[]): number => xs.reduce((x, y) => x + y, 0);

describe("divergences()", () => {
  it("divergences() are those of the joint tables, chain rule and all, on random tables", () =>
    fc.assert(
      fc.asyncProperty(table, table, async (left, right) => {
        const [p, q] = [normalised(left), normalised(right)];
        const found = await divergences([model(left), model(right)], { ...extent, alpha: 3 });
        const kl = (x: readonly number[], y: readonly number[]): number => sum(x.map((px, i) => px * Math.log(px / y[i]!)));
        const m = p.map((px, i) => (px + q[i]!) / 2);
        // Sums of seven terms of size 1, each rounded a few times.
        expect(found.kl).toBeCloseTo(kl(p, q), 12);
        expect(found.reverseKl).toBeCloseTo(kl(q, p), 12);
        expect(found.js).toBeCloseTo((kl(p, m) + kl(q, m)) / 2, 12);
        expect(found.tv).toBeCloseTo(sum(p.map((px, i) => Math.abs(px - q[i]!))) / 2, 12);
        expect(found.squaredHellinger).toBeCloseTo(1 - sum(p.map((px, i) => Math.sqrt(px * q[i]!))), 12);
        expect(found.chiSquared / sum(p.map((px, i) => px ** 2 / q[i]!))).toBeCloseTo(1 - 1 / sum(p.map((px, i) => px ** 2 / q[i]!)), 12);
        expect(found.renyi).toBeCloseTo(Math.log(sum(p.map((px, i) => px ** 3 / q[i]! ** 2))) / 2, 11);
        expect(found.klPerToken).toBeCloseTo(kl(p, q) / sum(p.map((px, i) => px * (all[i]!.length + 1))), 12);
        expect(found.kl).toBeCloseTo((await sequenceKl([model(left), model(right)], extent)).value, 12);
        expect(found.unfinished).toEqual([0, 0]);
      }),
      { numRuns: 50, seed: 1 },
    ));

  it("divergences() obey Pinsker, Bretagnolle–Huber and ln 2, and none rises when sequences are cut", () =>
    fc.assert(
      fc.asyncProperty(table, table, async (left, right) => {
        const pair = [model(left), model(right)] as const;
        const slack = 1e-12;
        const whole = await divergences(pair, extent);
        expect(whole.kl).toBeGreaterThanOrEqual(0);
        expect(whole.tv).toBeLessThanOrEqual(Math.sqrt(whole.kl / 2) + slack);
        expect(whole.tv).toBeLessThanOrEqual(Math.sqrt(-Math.expm1(-whole.kl)) + slack);
        expect(whole.js).toBeLessThanOrEqual(Math.LN2 + slack);
        for (const longest of [1, 2]) {
          const cut = await divergences(pair, { end, longest });
          for (const name of ["kl", "reverseKl", "js", "tv", "squaredHellinger", "chiSquared", "renyi"] as const)
            expect(cut[name]).toBeLessThanOrEqual(whole[name] + slack * Math.max(1, whole[name]));
          expect(whole.tv).toBeLessThanOrEqual(cut.tv + Math.min(...cut.unfinished) + slack);
        }
      }),
      { numRuns: 50, seed: 2 },
    ));

  it("divergences() of disjoint supports are ln 2, 1, 1 and infinite; of the two-variable example zero off the support", async () => {
    const [p, q] = [tabular([[[a], 1]], { vocabulary: 3, end }), tabular([[[b], 1]], { vocabulary: 3, end })];
    const found = await divergences([p, q], extent);
    expect([found.kl, found.reverseKl, found.js, found.tv, found.squaredHellinger, found.chiSquared, found.renyi]).toEqual([
      Infinity,
      Infinity,
      Math.LN2,
      1,
      1,
      Infinity,
      Infinity,
    ]);
    // X₁ = 1 for certain; what follows X₁ = 0 is free.
    const free = (share: number): Tabular =>
      tabular(
        [
          [[b, a], 0.5],
          [[b, b], 0.5],
        ],
        { vocabulary: 3, end, elsewhere: () => [share, 1 - share, 0] },
      );
    expect((await divergences([free(0.9), free(0.2)], extent)).kl).toBe(0);
    expect(Math.exp(free(0.9).logProbs([a])[0]!) - Math.exp(free(0.2).logProbs([a])[0]!)).toBeCloseTo(0.7, 12);
  });

  it("divergences() of models of the empty sequence alone are zero, and an order that is none is refused", async () => {
    const empty = tabular([[[], 1]], { vocabulary: 3, end });
    expect(await divergences([empty, empty], extent)).toMatchObject({ kl: 0, tv: 0, meanLength: 1, prefixes: 1 });
    for (const alpha of [0, 1, NaN, Infinity]) await expect(divergences([empty, empty], { ...extent, alpha })).rejects.toThrow(`other than 1, got ${alpha}`);
  });
});

describe("divergences() of models that exclude nothing", () => {
  it("divergences() refuse to visit more prefixes than told", async () => {
    const blind: Autoregressive = { vocabulary: 3, logProbs: () => logProbs([0, 0, 0]) };
    await expect(divergences([blind, blind], { end, longest: 40, most: 1000 })).rejects.toThrow("expected at most 1000 prefixes, got more");
  });
});

describe("estimators from draws", () => {
  const within = ({ value, standardError }: Estimate, truth: number): void => expect(Math.abs(value - truth)).toBeLessThanOrEqual(5 * standardError);
  const [left, right] = [
    [1, 5, 9, 2, 6, 4, 8],
    [4, 2, 6, 5, 3, 7, 5],
  ];
  const pair = [model(left), model(right)] as const;

  it("each estimator agrees with enumeration; k2 and k3 are what their docstrings say", async () => {
    const options = { ...extent, draws: 3000 };
    const [draws, back] = [await logRatioDraws(key(1), pair, options), await logRatioDraws(key(2), [pair[1], pair[0]], options)];
    const truth = await divergences(pair, { ...extent, alpha: 2 });
    expect(draws.unfinished).toBe(0);
    within(logRatioKl(draws), truth.kl);
    within(raoBlackwellKl(draws), truth.kl);
    within(controlVariateKl(draws), truth.kl);
    within(raoBlackwellKl(back), truth.reverseKl);
    within(sampledTv(draws), truth.tv);
    within(sampledSquaredHellinger(draws), truth.squaredHellinger);
    within(sampledJs(draws, back), truth.js);
    const renyi = sampledRenyi(draws, { alpha: 2 });
    expect(renyi.effectiveDraws).toBeGreaterThan(500);
    within(renyi, truth.renyi);
    expect(Math.expm1(truth.renyi)).toBeCloseTo(truth.chiSquared, 12);
    const [p, q] = [normalised(left), normalised(right)];
    within(squaredLogRatio(draws), sum(p.map((px, i) => (px * Math.log(px / q[i]!) ** 2) / 2)));
  });

  it("Rao–Blackwell is 0.0050 and 0.2057 on {ab, aabb} against a leak of aab, where k1 is −ln 0.9 on both", async () => {
    const p: readonly (readonly [Sequence, number])[] = [
      [[a, b], 0.5],
      [[a, a, b, b], 0.5],
    ];
    const q = tabular([...p.map(([s, w]) => [s, 0.9 * w] as const), [[a, a, b], 0.1]], { vocabulary: 3, end });
    const draws = await logRatioDraws(key(4), [tabular(p, { vocabulary: 3, end }), q], { end, longest: 5, draws: 20 });
    for (const l of draws.logRatios) expect(l).toBeCloseTo(-Math.log(0.9), 12);
    expect(new Set(Array.from(draws.conditionalKls, (k) => k.toFixed(10)))).toEqual(new Set(["0.0050251679", "0.2056958634"]));
    expect(controlVariateKl(draws).value).toBeCloseTo(-0.1 - Math.log(0.9), 12);
  });

  it("conditioning does not raise the variance of a step: Σ p(v) ln² p/q ≥ KL², on random tables", () =>
    fc.assert(
      fc.asyncProperty(table, table, async (l, r) => {
        const [p, q] = [model(l), model(r)];
        const [x, y] = [p.logProbs([]), q.logProbs([])];
        const kl = sum(Array.from(x, (lp, v) => Math.exp(lp) * (lp - y[v]!)));
        expect(sum(Array.from(x, (lp, v) => Math.exp(lp) * (lp - y[v]!) ** 2))).toBeGreaterThanOrEqual(kl * kl - 1e-15);
      }),
      { numRuns: 30, seed: 3 },
    ));

  it("logRatioDraws() counts what is cut, is infinite where q excludes a draw, and extends fewer draws by more", async () => {
    const forever: Autoregressive = { vocabulary: 3, logProbs: () => logProbs([0, 0, -Infinity]) };
    const cut = await logRatioDraws(key(0), [forever, forever], { end, longest: 4, draws: 3 });
    expect([cut.unfinished, ...cut.lengths]).toEqual([3, 4, 4, 4]);
    const [p, q] = [tabular([[[a], 1]], { vocabulary: 3, end }), tabular([[[b], 1]], { vocabulary: 3, end })];
    const out = await logRatioDraws(key(0), [p, q], { ...extent, draws: 2 });
    expect([logRatioKl(out), raoBlackwellKl(out)]).toEqual(new Array(2).fill({ value: Infinity, standardError: Infinity }));
    const [few, more] = [await logRatioDraws(key(5), pair, { ...extent, draws: 3 }), await logRatioDraws(key(5), pair, { ...extent, draws: 6 })];
    expect([...more.logRatios.slice(0, 3)]).toEqual([...few.logRatios]);
    await expect(logRatioDraws(key(0), pair, { ...extent, draws: 0 })).rejects.toThrow("at least 1 draw, got 0");
  });
});
