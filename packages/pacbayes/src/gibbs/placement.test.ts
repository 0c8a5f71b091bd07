import { describe, expect, it } from "vitest";
import { ladder } from "./ladder.ts";
import { communicationBarrier, equalExchange, equalKl, type PilotRung } from "./placement.ts";

/** U = ½k‖u‖² under N(0, I_d): Var_λ[U] = (d/2) k²/(1 + λk)². */
const [d, k, top] = [40, 9, 2];
const variance = (lambda: number): number => ((d / 2) * k * k) / (1 + lambda * k) ** 2;
const pilot: readonly PilotRung[] = ladder({ top, rungs: 40, power: 2 }).map((lambda) => ({ lambda, variance: variance(lambda) }));
const klOf = (lambda: number): number => (d / 2) * (Math.log1p(lambda * k) - (lambda * k) / (1 + lambda * k));

// Interpolation of ln Var between 41 rungs of a pilot: not derived; the cubic spacing error of the trapezoid is far below.
const WITHIN = 2e-3;

it("communicationBarrier() of a Gaussian energy is √(d/2π) ln(1 + λk)", () => {
  const truth = Math.sqrt(d / (2 * Math.PI)) * Math.log1p(top * k);
  expect(Math.abs(communicationBarrier(pilot) / truth - 1)).toBeLessThan(WITHIN);
});

it("equalExchange() of a Gaussian energy is geometric in 1 + λk", () => {
  equalExchange(pilot, { rungs: 7 }).forEach((lambda, i) => {
    const truth = ((1 + top * k) ** (i / 7) - 1) / k;
    expect(Math.abs(lambda - truth)).toBeLessThan(WITHIN * top);
  });
});

it("equalKl() of a Gaussian energy has equal steps of the closed-form KL", () => {
  equalKl(pilot, { rungs: 6 }).forEach((lambda, i) => expect(Math.abs(klOf(lambda) / klOf(top) - i / 6)).toBeLessThan(WITHIN));
});

describe.each([
  ["equalExchange()", equalExchange],
  ["equalKl()", equalKl],
] as const)("%s", (name, placed) => {
  it(`${name} starts at 0, rises strictly and ends at the pilot's top`, () => {
    const lambdas = placed(pilot, { rungs: 16 });
    expect([lambdas.length, lambdas[0], lambdas.at(-1)]).toEqual([17, 0, top]);
    lambdas.slice(1).forEach((lambda, i) => expect(lambda).toBeGreaterThan(lambdas[i]!));
  });

  it(`${name} names a pilot that makes no sense`, () => {
    expect(() => placed([], { rungs: 2 })).toThrow("at least two rungs, got 0");
    expect(() => placed([pilot[0]!, pilot[2]!, pilot[1]!], { rungs: 2 })).toThrow("start at 0 and increase");
    expect(() => placed(pilot.slice(1), { rungs: 2 })).toThrow("start at 0 and increase");
    expect(() =>
      placed(
        [
          { lambda: 0, variance: 1 },
          { lambda: 1, variance: NaN },
        ],
        { rungs: 2 },
      ),
    ).toThrow("positive and finite variances, got NaN at lambda 1");
    expect(() => placed(pilot, { rungs: 0 })).toThrow("rungs must be a whole number of at least 1, got 0");
  });
});
