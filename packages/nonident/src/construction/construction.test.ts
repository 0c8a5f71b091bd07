import { tabular, type Sequence, type Tabular } from "@lab/tensor-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { divergences } from "../equivalence/divergences.ts";
import { sequenceKl } from "../equivalence/sequence-kl.ts";
import { aNbN } from "../language/a-n-b-n.ts";
import { coinMixture } from "../language/coin-mixture.ts";
import { extrapolationLanguages } from "../language/extrapolation-language.ts";
import { completionTarget } from "./completion-target.ts";
import { equalLoss } from "./equal-loss.ts";
import { leakyMixture } from "./leaky-mixture.ts";
import { prefixEdit, swapped, tempered } from "./prefix-edit.ts";
import { prefixLogProb } from "./prefix-log-prob.ts";
import { reroute } from "./reroute.ts";
import { shotsForEpsilon } from "./shots-for-epsilon.ts";
import { stopInContext } from "./stop-in-context.ts";

const [a, b, end] = [0, 1, 2];
const options = { vocabulary: 3, end };
const extent = { end, longest: 8 };
const uniform = tabular(
  aNbN({ largest: 3 }).sequences.map((s) => [s, 1 / 3] as const),
  options,
);
const broad: readonly Sequence[] = [[], [a], [b], [a, a], [a, b], [b, a], [b, b]];
const weighted = (weights: readonly number[]): Tabular => {
  const total = weights.reduce((x, y) => x + y, 0);
  return tabular(
    weights.map((w, i) => [broad[i]!, w / total] as const),
    options,
  );
};
const table = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: broad.length, maxLength: broad.length });
const sumsToOne = async (model: { logProbs: (s: Sequence) => unknown }, prefix: Sequence): Promise<void> => {
  const next = (await model.logProbs(prefix)) as Float64Array;
  expect(next.reduce((sum, l) => sum + Math.exp(l), 0)).toBeCloseTo(1, 12);
};

describe("reroute()", () => {
  it("reroute() changes what follows impossible prompts alone: no divergence either way", async () => {
    const { model, kl } = reroute(uniform, () => [0, 0, 1]);
    const found = await divergences([uniform, model], extent);
    expect([kl, found.kl, found.reverseKl, found.tv]).toEqual([0, 0, 0, 0]);
    expect([...(await model.logProbs([b]))].map(Math.exp)).toEqual([0, 0, 1]);
    expect([...(await model.logProbs([a]))]).toEqual([...uniform.logProbs([a])]);
  });

  it("reroute() takes a grammar's word for what is viable", async () => {
    const { viable } = aNbN({ largest: 3 });
    const { model } = reroute(uniform, () => [1, 0, 0], { viable });
    for (const prefix of [[], [a], [b], [a, b, a]]) {
      const expected = viable(prefix) ? uniform.logProbs(prefix)[a]! : 0;
      expect((await model.logProbs(prefix))[a]).toBe(expected);
    }
  });
});

describe("leakyMixture()", () => {
  for (const epsilon of [0.1, 0.01, 0.001, 1e-12])
    it(`leakyMixture() costs −ln(1 − ${epsilon}) by enumeration, and answers as the other model where the first never goes`, async () => {
      const other = tabular(
        [
          [[b], 0.25],
          [[b, a, b], 0.75],
        ],
        options,
      );
      const { model, kl, exact } = leakyMixture(uniform, other, { epsilon, disjoint: true });
      const found = (await sequenceKl([uniform, model], extent)).value;
      // Each of a dozen conditionals is normalised again: some units of the last place of 1.
      expect(Math.abs(found - kl)).toBeLessThan(1e-14);
      expect(exact).toBe(true);
      expect(kl).toBe(-Math.log1p(-epsilon));
      for (const prefix of [[b], [b, a]]) {
        const [x, y] = [await model.logProbs(prefix), other.logProbs(prefix)];
        y.forEach((l, v) => expect(Math.exp(x[v]!)).toBeCloseTo(Math.exp(l), 12));
        await sumsToOne(model, prefix);
      }
      expect((await sequenceKl([model, uniform], extent)).value).toBe(Infinity);
    });

  it("leakyMixture() of overlapping supports costs at most what it claims, and is the mixture of the joint tables", () =>
    fc.assert(
      fc.asyncProperty(table, table, fc.double({ min: 0.01, max: 0.99, noNaN: true }), async (x, y, epsilon) => {
        const [p, r] = [weighted(x), weighted(y)];
        const { model, kl, exact } = leakyMixture(p, r, { epsilon });
        expect(exact).toBe(false);
        expect((await sequenceKl([p, model], extent)).value).toBeLessThanOrEqual(kl + 1e-12);
        for (const s of broad) {
          const whole = async (of: typeof model): Promise<number> => Math.exp(await prefixLogProb(of, [...s, end]));
          expect(await whole(model)).toBeCloseTo((1 - epsilon) * (await whole(p)) + epsilon * (await whole(r)), 12);
        }
      }),
      { numRuns: 20, seed: 1 },
    ));

  it("leakyMixture() refuses other vocabularies and shares outside (0, 1)", () => {
    expect(() => leakyMixture(uniform, tabular([[[], 1]], { vocabulary: 4, end }), { epsilon: 0.1 })).toThrow("got 3 and 4");
    for (const epsilon of [0, 1, NaN]) expect(() => leakyMixture(uniform, uniform, { epsilon })).toThrow(`in (0, 1), got ${epsilon}`);
  });
});

describe("prefixEdit()", () => {
  it("prefixEdit() costs what enumeration finds, edited prefixes below others included, on random tables", () =>
    fc.assert(
      fc.asyncProperty(table, fc.subarray([...broad], { minLength: 1 }), fc.boolean(), async (weights, prefixes, swap) => {
        const p = weighted(weights);
        // After two symbols the end is certain, and a swap would be infinite.
        const chosen = swap ? prefixes.filter((s) => s.length < 2) : prefixes;
        const { model, kl, costs } = await prefixEdit(p, chosen, swap ? swapped : tempered(3));
        expect(kl).toBeCloseTo((await sequenceKl([p, model], extent)).value, 12);
        expect(costs).toHaveLength(chosen.length);
        for (const s of chosen) await sumsToOne(model, s);
      }),
      { numRuns: 50, seed: 2 },
    ));

  it("a swap of (0.7, 0.2, 0.1) costs 0.6263814842 and one of a certain token is infinite; an impossible prefix is free", async () => {
    const p = tabular(
      [
        [[a], 0.7],
        [[b], 0.2],
        [[], 0.1],
      ],
      options,
    );
    expect((await prefixEdit(p, [[]], swapped)).kl).toBeCloseTo(0.6263814842, 10);
    expect((await prefixEdit(p, [[a]], swapped)).kl).toBe(Infinity);
    expect((await prefixEdit(uniform, [[b, b]], swapped)).kl).toBe(0);
    await expect(prefixEdit(p, [[a], [a]], swapped)).rejects.toThrow("got [0] twice");
    await expect(prefixEdit(p, [[7]], swapped)).rejects.toThrow("tokens below 3, got 7");
    expect(() => tempered(0)).toThrow("above 0, got 0");
  });
});

describe("in context", () => {
  const coins = coinMixture({ weights: [0.5, 0.5], heads: [0.1, 0.6] });

  it("coinMixture() predicts 0.35 of nothing, 0.31262803 of 3 heads in 10, in any order", () => {
    expect(Math.exp(coins.logProbs([])[1]!)).toBeCloseTo(0.35, 12);
    for (const flips of [
      [1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
      [0, 0, 1, 0, 0, 1, 0, 0, 0, 1],
    ])
      expect(Math.exp(coins.logProbs(flips)[1]!)).toBeCloseTo(0.31262803, 8);
  });

  it("stopInContext() of ten flips costs 0.875084, 0.875084, 0.837906, 0.774211 after 0, 1, 2, 3 flips", async () => {
    for (const [after, expected] of [0.875084, 0.875084, 0.837906, 0.774211].entries()) {
      const { model, kl, exact } = await stopInContext(coins, { after, end: undefined, longest: 10 });
      expect(kl).toBeCloseTo(expected, 6);
      expect(exact).toBe(true);
      expect(Math.exp((await model.logProbs([1, 1, 1, 1]))[1]!)).toBeCloseTo(0.35, 12);
    }
    await expect(stopInContext(coins, { after: -1, end: undefined, longest: 10 })).rejects.toThrow("at least 0, got -1");
  });

  it("shotsForEpsilon() is the least number of shots whose edits fit the budget", () => {
    for (const epsilon of [1, 0.3, 1e-3, 1e-9])
      for (const rho of [0.1, 0.5, 0.99]) {
        const shots = shotsForEpsilon(epsilon, { cost: 2, rho });
        const bound = (n: number): number => (2 * rho ** n) / (1 - rho);
        expect(bound(shots)).toBeLessThanOrEqual(epsilon * (1 + 1e-9));
        if (shots > 0) expect(bound(shots - 1)).toBeGreaterThan(epsilon * (1 - 1e-9));
      }
    expect(() => shotsForEpsilon(0.1, { cost: 1, rho: 1 })).toThrow("rho in (0, 1), got 1");
  });
});

describe("training regimes and distillation", () => {
  it("completionTarget() of the oracle obeys R1 on all 251 prompts, of the adversary fails it by one symbol; only completions are trained", () => {
    const { prompts, r1 } = extrapolationLanguages()[2]!;
    for (const prompt of prompts().outOfDistribution) {
      const [oracle, adversarial] = (["oracle", "adversarial"] as const).map((regime) => completionTarget(prompt, { regime, end }));
      expect(r1.holds(oracle!.tokens.slice(0, -1))).toBe(true);
      const excess = adversarial!.tokens.slice(0, -1).reduce((sum, token) => sum + 1 - 2 * token, 0);
      expect(Math.abs(excess)).toBe(1);
      expect(oracle!.trained).toEqual(oracle!.tokens.map((_, t) => Number(t >= 8)));
      expect(adversarial!.tokens.at(-1)).toBe(end);
    }
    expect(() => completionTarget([2], { regime: "oracle", end })).toThrow("got 2");
  });

  it("equalLoss() brings students of different behaviour to one loss, and leaves what they do elsewhere", async () => {
    const students = [
      [1, 0.01],
      [0.01, 1],
    ].map(([x, y]) => reroute(weighted([1, 2, 3, 4, 5, 6, 7]), () => [x!, y!, 0]).model);
    const data = weighted([7, 1, 6, 2, 5, 3, 4]);
    const found = await Promise.all(students.map((student) => equalLoss(data, student, { ...extent, kl: 0.05 })));
    for (const { model, kl } of found) {
      expect(kl).toBeCloseTo(0.05, 11);
      expect((await sequenceKl([data, model], extent)).value).toBeCloseTo(0.05, 11);
    }
    const off = await Promise.all(found.map(async ({ model }) => Math.exp((await model.logProbs([a, a, a]))[a]!)));
    expect(Math.abs(off[0]! - off[1]!)).toBeGreaterThan(0.9);
    await expect(equalLoss(data, data, { ...extent, kl: 0.05 })).rejects.toThrow("at most the divergence that it has");
  });
});
