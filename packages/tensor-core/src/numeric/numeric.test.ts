import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bisection } from "./bisection.ts";
import { compensatedSum } from "./compensated-sum.ts";
import { logSumExp } from "./log-sum-exp.ts";
import { correctedTrapezoid, leftSum, rightSum, trapezoid } from "./quadrature.ts";
import { quantile } from "./quantile.ts";
import { emptySummary, merged, observed, summary, variance } from "./summary.ts";

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
/** A grid that increases, graded as a ladder of temperatures is. */
const grid = fc
  .array(fc.double({ min: 1e-3, max: 2, noNaN: true }), { minLength: 1, maxLength: 40 })
  .map((steps) => steps.reduce((x, h) => [...x, x.at(-1)! + h], [0.25]));

/** The float after x, upwards. */
function successor(x: number): number {
  const words = new BigInt64Array(Float64Array.of(x).buffer);
  if (x === 0) return Number.MIN_VALUE;
  words[0]! += x > 0 ? 1n : -1n;
  return new Float64Array(words.buffer)[0]!;
}

describe("bisection()", () => {
  it("bisection() finds the last float below any root, and its neighbour", () => {
    const end = fc.double({ min: -Number.MAX_VALUE, max: Number.MAX_VALUE, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(end, (root) => {
        fc.pre(root < Number.MAX_VALUE);
        const { holds, fails } = bisection((x) => x <= root, { from: -Number.MAX_VALUE, to: Number.MAX_VALUE });
        return holds + 0 === root + 0 && fails === successor(root + 0);
      }),
    );
  });

  it("bisection() goes downwards too, and counts NaN as the condition does", () => {
    expect(bisection((x) => x >= 0.1, { from: 1, to: 0 })).toEqual({ holds: 0.1, fails: 0.09999999999999999 });
    const { holds } = bisection((x) => Math.sqrt(1 - x) >= 0, { from: 0, to: 2 });
    expect(holds).toBe(1);
  });

  it("bisection() refuses ends between which nothing changes", () => {
    expect(() => bisection(() => true, { from: 0, to: 1 })).toThrow("Cannot bisect: expected the condition to fail at 1, got that it holds");
    expect(() => bisection(() => false, { from: 0, to: 1 })).toThrow("Cannot bisect: expected the condition to hold at 0, got a failure");
    expect(() => bisection((x) => x < 1, { from: 0, to: Infinity })).toThrow("Cannot bisect: expected finite ends, got 0 and Infinity");
  });
});

describe("quadrature", () => {
  const at = (f: (t: number) => number, x: readonly number[]): number[] => x.map(f);

  it("leftSum() and rightSum() enclose the integral of what decreases, and change places for what increases", () => {
    fc.assert(
      fc.property(grid, (x) => {
        const y = at((t) => Math.exp(-t), x);
        const exact = Math.exp(-x[0]!) - Math.exp(-x.at(-1)!);
        expect(leftSum({ x, y })).toBeGreaterThanOrEqual(exact - 1e-14);
        expect(rightSum({ x, y })).toBeLessThanOrEqual(exact + 1e-14);
        const up = { x, y: at((t) => t * t, x) };
        return leftSum(up) <= rightSum(up);
      }),
    );
  });

  it("trapezoid() is the mean of the two sums, and exact for lines", () => {
    fc.assert(
      fc.property(grid, number, number, (x, a, b) => {
        const line = { x, y: at((t) => a * t + b, x) };
        const exact = (a * (x.at(-1)! ** 2 - x[0]! ** 2)) / 2 + b * (x.at(-1)! - x[0]!);
        const size = 1e-12 * (1 + (Math.abs(a) + Math.abs(b)) * x.at(-1)! ** 2);
        expect(Math.abs(trapezoid(line) - exact)).toBeLessThan(size);
        expect(Math.abs(trapezoid(line) - (leftSum(line) + rightSum(line)) / 2)).toBeLessThan(size);
      }),
    );
  });

  it("correctedTrapezoid() is exact for cubics on any grid", () => {
    fc.assert(
      fc.property(grid, (x) => {
        const exact = (x.at(-1)! ** 4 - x[0]! ** 4) / 4 - (x.at(-1)! ** 2 - x[0]! ** 2);
        const found = correctedTrapezoid({ x, y: at((t) => t ** 3 - 2 * t, x), slope: at((t) => 3 * t ** 2 - 2, x) });
        return Math.abs(found - exact) <= 1e-11 * (1 + x.at(-1)! ** 4);
      }),
    );
  });

  it("trapezoid() has order 2 and correctedTrapezoid() order 4", () => {
    const error = (n: number, corrected: boolean) => {
      const x = Array.from({ length: n + 1 }, (_, i) => i / n);
      const y = at(Math.exp, x);
      return Math.abs((corrected ? correctedTrapezoid({ x, y, slope: y }) : trapezoid({ x, y })) - (Math.E - 1));
    };
    expect(Math.log2(error(8, false) / error(16, false))).toBeCloseTo(2, 2);
    expect(Math.log2(error(8, true) / error(16, true))).toBeCloseTo(4, 2);
  });

  it("quadrature refuses points that do not increase, and lists of different lengths", () => {
    expect(() => leftSum({ x: [0, 0], y: [1, 1] })).toThrow("Cannot integrate by left sum: expected points that increase, got 0 and 0");
    expect(() => trapezoid({ x: [0, NaN], y: [1, 1] })).toThrow("expected points that increase, got 0 and NaN");
    expect(() => rightSum({ x: [0, 1], y: [1] })).toThrow("expected equally many points and values, at least 2, got 2 and 1");
    expect(() => correctedTrapezoid({ x: [0, 1], y: [1, 2], slope: [] })).toThrow("got 2 and 2 and 0");
    expect(() => leftSum({ x: [0], y: [1] })).toThrow("at least 2, got 1 and 1");
  });
});

describe("compensatedSum() and logSumExp()", () => {
  it("compensatedSum() of numbers and their opposites in any order is 0 but for rounding of the second order", () => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 50 }), fc.infiniteStream(fc.nat()), (xs, order) => {
        const both = [...xs, ...xs.map((x) => -x)].map((x) => ({ x, at: order.next().value as number })).sort((a, b) => a.at - b.at);
        const size = xs.reduce((s, x) => s + 2 * Math.abs(x), 0);
        return Math.abs(compensatedSum(both.map(({ x }) => x))) <= (2 * xs.length) ** 2 * Number.EPSILON ** 2 * size;
      }),
    );
  });

  it("compensatedSum() keeps what plain addition loses, and infinities", () => {
    expect(compensatedSum([1, 1e100, 1, -1e100])).toBe(2);
    expect(compensatedSum(new Array<number>(10).fill(0.1))).toBe(1);
    expect(compensatedSum([])).toBe(0);
    expect(compensatedSum([1, Infinity])).toBe(Infinity);
    expect(compensatedSum([-Infinity, Infinity])).toBeNaN();
  });

  it("logSumExp() moves with its arguments, and lies between the largest and the largest plus ln n", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -700, max: 700, noNaN: true }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: -5000, max: 5000 }),
        (xs, c) => {
          const [value, top] = [logSumExp(xs), Math.max(...xs)];
          expect(value).toBeGreaterThanOrEqual(top);
          expect(value).toBeLessThanOrEqual(top + Math.log(xs.length) + 1e-12 * (1 + Math.abs(top)));
          expect(Math.abs(logSumExp(xs.map((x) => x + c)) - c - value)).toBeLessThan(1e-11);
        },
      ),
    );
  });

  it("logSumExp() of nothing is −∞, and infinities and NaN pass", () => {
    expect(logSumExp([])).toBe(-Infinity);
    expect(logSumExp([-Infinity, -Infinity])).toBe(-Infinity);
    expect(logSumExp([0, Infinity])).toBe(Infinity);
    expect(logSumExp([0, NaN, Infinity])).toBeNaN();
    expect(logSumExp([-Infinity, 3])).toBe(3);
  });
});

describe("summary() and quantile()", () => {
  it("merged() equals seeing all numbers at once, whatever the cut", () => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 40 }), fc.array(number, { maxLength: 40 }), (xs, ys) => {
        const [whole, parts] = [summary([...xs, ...ys]), merged(summary(xs), summary(ys))];
        const size = 1 + Math.max(0, ...xs.map(Math.abs), ...ys.map(Math.abs));
        expect(parts.count).toBe(whole.count);
        expect(Math.abs(parts.mean - whole.mean)).toBeLessThan(1e-13 * size * 80);
        expect(Math.abs(parts.squares - whole.squares)).toBeLessThan(1e-13 * size ** 2 * 80);
      }),
    );
  });

  it("variance() is exact far from zero, where the mean of squares is not", () => {
    expect(variance(summary([1e9 + 1, 1e9 + 2, 1e9 + 3]))).toBe(1);
    expect(variance(emptySummary)).toBeNaN();
    expect(variance(observed(emptySummary, 3))).toBeNaN();
  });

  it("quantile() is the smallest at 0, the largest at 1, and increases in p", () => {
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 1, maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (xs, p, q) => {
          expect(quantile(xs, 0)).toBe(Float64Array.from(xs).sort()[0]);
          expect(quantile(xs, 1)).toBe(Float64Array.from(xs).sort().at(-1));
          expect(quantile(xs, Math.min(p, q))).toBeLessThanOrEqual(quantile(xs, Math.max(p, q)));
        },
      ),
    );
  });

  it("quantile() leaves its values in their order, and refuses none of them and orders outside [0, 1]", () => {
    const values = [3, 1, 2];
    expect(quantile(values, 0.25)).toBe(1.5);
    expect(values).toEqual([3, 1, 2]);
    expect(quantile([1, NaN], 0.5)).toBeNaN();
    expect(quantile([-Infinity, Infinity, Infinity], 0.75)).toBe(Infinity);
    expect(() => quantile([], 0.5)).toThrow("Cannot take a quantile: expected at least one value, got none");
    expect(() => quantile([1], 1.5)).toThrow("expected an order in [0, 1], got 1.5");
  });
});
