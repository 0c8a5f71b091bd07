import fc from "fast-check";
import { expect, it } from "vitest";
import { catoni } from "./catoni.ts";
import { freeEnergyBound, freeEnergyCatoni, worstRisk } from "./free-energy.ts";
import { maurer } from "./maurer.ts";

const numbers = fc.record({
  lambda: fc.double({ min: 0.05, max: 5, noNaN: true }),
  risk: fc.double({ min: 0, max: 1, noNaN: true }),
  kl: fc.double({ min: 0, max: 500, noNaN: true }),
  n: fc.integer({ min: 100, max: 10_000 }),
});

it("freeEnergyBound() is never below maurer() at any split of F = KL + λ n r̂", () => {
  fc.assert(
    fc.property(numbers, ({ lambda, risk, kl, n }) => {
      const bound = freeEnergyBound({ lambda, freeEnergy: kl + lambda * n * risk, n, delta: 0.05 });
      expect(bound).toBeGreaterThanOrEqual(maurer({ empiricalRisk: risk, kl, n, delta: 0.05 }) - 1e-12);
    }),
  );
});

it("freeEnergyBound() is maurer() at worstRisk(), where the budget F − λ n r allows it", () => {
  const [lambda, freeEnergy, n, delta] = [0.8, 300, 1000, 0.05];
  const bound = freeEnergyBound({ lambda, freeEnergy, n, delta });
  const risk = worstRisk(lambda, bound);
  expect(Math.abs(maurer({ empiricalRisk: risk, kl: freeEnergy - lambda * n * risk, n, delta }) - bound)).toBeLessThan(1e-12);
  for (const other of [risk * 0.8, risk * 1.1]) expect(maurer({ empiricalRisk: other, kl: freeEnergy - lambda * n * other, n, delta })).toBeLessThan(bound);
});

it("freeEnergyCatoni() is catoni() at C = λ, whatever the split", () => {
  fc.assert(
    fc.property(numbers, ({ lambda, risk, kl, n }) => {
      const form = freeEnergyCatoni({ lambda, freeEnergy: kl + lambda * n * risk, n, delta: 0.05 });
      expect(Math.abs(form - catoni(lambda)({ empiricalRisk: risk, kl, n, delta: 0.05 }))).toBeLessThan(1e-12);
    }),
  );
});

it("freeEnergyBound() gives 1 for NaN and refuses λ = 0", () => {
  expect(freeEnergyBound({ lambda: 1, freeEnergy: NaN, n: 100, delta: 0.05 })).toBe(1);
  expect(() => freeEnergyBound({ lambda: 0, freeEnergy: 1, n: 100, delta: 0.05 })).toThrow("lambda must be positive and finite, got 0");
  expect(() => worstRisk(1, 1.2)).toThrow("bound must be in [0, 1], got 1.2");
});
