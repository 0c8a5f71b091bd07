import { compensatedSum } from "./compensated-sum.ts";

/** A function known at the points of a grid. */
export type Sampled = { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> };

function intervals(caller: string, x: ArrayLike<number>, ...others: readonly ArrayLike<number>[]): number {
  if (x.length < 2 || others.some((y) => y.length !== x.length))
    throw new RangeError(
      `Cannot integrate by ${caller}: expected equally many points and values, at least 2, got ${[x, ...others].map(({ length }) => length).join(" and ")}`,
    );
  for (let i = 1; i < x.length; i++) {
    if (!(x[i]! > x[i - 1]!)) throw new RangeError(`Cannot integrate by ${caller}: expected points that increase, got ${x[i - 1]} and ${x[i]}`);
  }
  return x.length - 1;
}

function summed(n: number, term: (i: number) => number): number {
  return compensatedSum(Array.from({ length: n }, (_, i) => term(i)));
}

/**
 * Σ (xᵢ₊₁ − xᵢ) yᵢ: at least the integral of a function that decreases, at most that of one that increases.
 *
 * @throws RangeError unless there are at least two points, which increase, and a value for each
 * @example
 * ```ts
 * import { leftSum } from "@lab/tensor-core";
 * leftSum({ x: [0, 1, 3], y: [5, 2, 1] }); // => 9
 * ```
 */
export function leftSum({ x, y }: Sampled): number {
  return summed(intervals("left sum", x, y), (i) => (x[i + 1]! - x[i]!) * y[i]!);
}

/**
 * Σ (xᵢ₊₁ − xᵢ) yᵢ₊₁: at most the integral of a function that decreases, at least that of one that increases.
 *
 * @throws RangeError unless there are at least two points, which increase, and a value for each
 * @example
 * ```ts
 * import { rightSum } from "@lab/tensor-core";
 * rightSum({ x: [0, 1, 3], y: [5, 2, 1] }); // => 4
 * ```
 */
export function rightSum({ x, y }: Sampled): number {
  return summed(intervals("right sum", x, y), (i) => (x[i + 1]! - x[i]!) * y[i + 1]!);
}

/**
 * Σ (xᵢ₊₁ − xᵢ) (yᵢ + yᵢ₊₁)/2: exact for lines, error −Σ hᵢ³ f″/12.
 *
 * @throws RangeError unless there are at least two points, which increase, and a value for each
 * @example
 * ```ts
 * import { trapezoid } from "@lab/tensor-core";
 * trapezoid({ x: [0, 1, 3], y: [5, 2, 1] }); // => 6.5
 * ```
 */
export function trapezoid({ x, y }: Sampled): number {
  return summed(intervals("trapezoid", x, y), (i) => ((x[i + 1]! - x[i]!) * (y[i]! + y[i + 1]!)) / 2);
}

/**
 * Σ hᵢ (yᵢ + yᵢ₊₁)/2 − Σ hᵢ² (y′ᵢ₊₁ − y′ᵢ)/12: exact for cubics, error Σ hᵢ⁵ f⁗/720, on any grid [Friel2014, Equation 9].
 *
 * @throws RangeError unless there are at least two points, which increase, and a value and a slope for each
 * @example
 * ```ts
 * import { correctedTrapezoid } from "@lab/tensor-core";
 * correctedTrapezoid({ x: [0, 1, 3], y: [0, 1, 27], slope: [0, 3, 27] }); // => 20.25
 * ```
 */
export function correctedTrapezoid({ x, y, slope }: Sampled & { readonly slope: ArrayLike<number> }): number {
  return summed(intervals("corrected trapezoid", x, y, slope), (i) => {
    const h = x[i + 1]! - x[i]!;
    return h * ((y[i]! + y[i + 1]!) / 2 - (h * (slope[i + 1]! - slope[i]!)) / 12);
  });
}
