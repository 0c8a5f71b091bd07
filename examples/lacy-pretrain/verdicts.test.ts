import { key } from "@lab/tensor-core";
import { expect, it } from "vitest";
import type { Told } from "./told.ts";
import { differences, verdict } from "./verdicts.ts";

const interval = { value: 0, low: 0, high: 0 };
const told = (name: string, budget: number, scores: readonly number[]): Told => ({
  name,
  budget,
  callRate: budget,
  precision: interval,
  penalised: interval,
  scores: { precision: Float64Array.from(scores), penalised: Float64Array.from(scores) },
  recall: 0,
  claims: 0,
  written: [],
});
const many = (value: number): number[] => Array.from({ length: 40 }, (_, i) => value + (i % 2 === 0 ? 0.1 : -0.1));

it("differences() pairs subjects that both have a score, at each budget above 0", () => {
  const all = [told("random", 0, [0, 0]), told("lacy", 0, [1, 1]), told("random", 0.2, [0.5, NaN, 0.25]), told("lacy", 0.2, [1, 1, 0.5])];
  const [only, ...others] = differences(key(0), all, "precision");
  expect(others).toEqual([]);
  expect([only!.rival, only!.budget, only!.subjects, only!.value]).toEqual(["random", 0.2, 2, 0.375]);
});

it("verdict() says that lacy wins only where it is ahead of all", () => {
  const mixed = [told("random", 0.1, many(0.2)), told("rho", 0.1, many(0.8)), told("lacy", 0.1, many(0.5))];
  const best = [told("random", 0.2, many(0.2)), told("rho", 0.2, many(0.3)), told("lacy", 0.2, many(0.5))];
  const even = [told("random", 0.4, many(0.2)), told("rho", 0.4, [...many(0.5)].toReversed()), told("lacy", 0.4, many(0.5))];
  const said = verdict(differences(key(0), [...mixed, ...best, ...even], "precision"));
  expect(said).toContain("At a budget of 10 % **lacy does not win**: ahead of random (+30.0); behind rho (−30.0).");
  expect(said).toContain("At a budget of 20 % **lacy wins**: ahead of random (+30.0), rho (+20.0).");
  expect(said).toContain("At a budget of 40 % **lacy does not win clearly**: ahead of random (+30.0); not told apart from rho");
});
