import { readFileSync } from "node:fs";
import { uniformNumbers, key } from "@lab/tensor-core";
import { expectation } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { oneStepLoss, smoothedLoss, worstLoss } from "./objectives.ts";
import { ILLUSTRATED_RADIUS, MINIMA, twoBasins, twoBasinsGradient, type Point } from "./two-basins.ts";

// Golden: values in double precision, by minimisation, a search along the boundary and quadrature; the file says how.
type Toy = {
  readonly rho: number;
  readonly values: readonly { readonly at: Point; readonly loss: number }[];
  readonly minima: readonly {
    readonly name: "flat" | "sharp";
    readonly at: Point;
    readonly loss: number;
    readonly hessianEigenvalues: Point;
    readonly maxOverDiscOfRadiusRho: number;
    readonly meanUnderGaussianOfStdRhoOverSqrt2: number;
  }[];
};
const { toy2d: toy } = JSON.parse(readFileSync(new URL("../../../../golden/sam-vi/trajectories.json", import.meta.url), "utf8")) as { readonly toy2d: Toy };

/** Standard normals by Box and Muller, from uniforms that have a seed. */
function normals(n: number): Point[] {
  const u = uniformNumbers(key(5), 2 * n);
  return Array.from({ length: n }, (_, i): Point => {
    const [length, angle] = [Math.sqrt(-2 * Math.log(1 - u[2 * i]!)), 2 * Math.PI * u[2 * i + 1]!];
    return [length * Math.cos(angle), length * Math.sin(angle)];
  });
}

describe("twoBasins()", () => {
  it("twoBasins() has the values of the file, and its minima", () => {
    expect(ILLUSTRATED_RADIUS).toBe(toy.rho);
    for (const { at, loss } of [...toy.values, ...toy.minima]) expect(Math.abs(twoBasins(at) - loss)).toBeLessThan(1e-10);
    for (const { name, at } of toy.minima) expect(MINIMA[name]).toEqual(at);
    expect(twoBasins([0, 0])).toBe(Infinity);
  });

  it("twoBasinsGradient() is the slope, zero at the minima, and its own slope has the eigenvalues of the file", () => {
    const slope = (f: (t: Point) => number, [t0, t1]: Point, h = 1e-4): Point => [
      (f([t0 + h, t1]) - f([t0 - h, t1])) / (2 * h),
      (f([t0, t1 + h]) - f([t0, t1 - h])) / (2 * h),
    ];
    [-0.0087430084, -0.0174860168].forEach((x, i) => expect(Math.abs(twoBasinsGradient([-20, 10])[i]! - x)).toBeLessThan(1e-10));
    for (const { at } of toy.values) slope(twoBasins, at).forEach((x, i) => expect(twoBasinsGradient(at)[i]).toBeCloseTo(x, 8));
    for (const { at, hessianEigenvalues } of toy.minima) {
      expect(Math.hypot(...twoBasinsGradient(at))).toBeLessThan(1e-8);
      const [[a, c], [, d]] = [slope((t) => twoBasinsGradient(t)[0], at), slope((t) => twoBasinsGradient(t)[1], at)];
      const spread = Math.hypot((a - d) / 2, c);
      [(a + d) / 2 - spread, (a + d) / 2 + spread].forEach((x, i) => expect(Math.abs(x - hessianEigenvalues[i]!)).toBeLessThan(1e-8));
    }
  });
});

describe("the four objectives", () => {
  it("worstLoss() and smoothedLoss() are lower at the flat minimum, though the sharp one is deeper", () => {
    const draws = normals(20_000);
    for (const { at, maxOverDiscOfRadiusRho, meanUnderGaussianOfStdRhoOverSqrt2 } of toy.minima) {
      expect(Math.abs(worstLoss(at, { rho: toy.rho }) - maxOverDiscOfRadiusRho)).toBeLessThan(2e-6);
      const each = draws.map((z) => smoothedLoss(at, { rho: toy.rho, draws: [z] }));
      expectation(each, meanUnderGaussianOfStdRhoOverSqrt2, { ess: 10_000 });
    }
    const [flat, sharp] = [toy.minima.find(({ name }) => name === "flat")!, toy.minima.find(({ name }) => name === "sharp")!];
    expect(twoBasins(sharp.at)).toBeLessThan(twoBasins(flat.at));
    expect(worstLoss(flat.at, { rho: 8 })).toBeLessThan(worstLoss(sharp.at, { rho: 8 }));
  });

  it("twoBasins() under a Gaussian of deviation ρ/√2 has the means of the file, by quadrature", () => {
    const deviation = toy.rho / Math.SQRT2;
    const density = (x: number): number => Math.exp(-((x / deviation) ** 2) / 2) / (deviation * Math.sqrt(2 * Math.PI));
    for (const { at, meanUnderGaussianOfStdRhoOverSqrt2: truth } of toy.minima) {
      let mean = 0;
      // Trapezoids, which converge exponentially: along t₀ plainly, along t₁ in ln |t₁|, that the singularity at 0 lies at the end of the line.
      for (let i = -36; i <= 36; i++) {
        const t0 = at[0] + (i * deviation) / 4;
        for (let v = -35; v < 5; v += 0.05) {
          const t1 = Math.exp(v);
          for (const side of [t1, -t1]) mean += ((twoBasins([t0, side]) * density(t0 - at[0]) * density(side - at[1]) * deviation) / 4) * 0.05 * t1;
        }
      }
      expect(Math.abs(mean - truth)).toBeLessThan(2e-6);
    }
  });

  it("smoothedLoss() is the mean of the losses a standard deviation of ρ/√2 away, draw by draw", () => {
    const draws = normals(5);
    const each = draws.map(([z0, z1]) => twoBasins([20 + 8 * Math.SQRT1_2 * z0, 30 + 8 * Math.SQRT1_2 * z1]));
    expect(smoothedLoss([20, 30], { rho: 8, draws })).toBeCloseTo(each.reduce((s, x) => s + x, 0) / 5, 12);
  });

  it("oneStepLoss() is at most worstLoss(), and at least the loss where that is convex", () => {
    for (const { at } of toy.values) {
      expect(oneStepLoss(at, { rho: 8 })).toBeLessThanOrEqual(worstLoss(at, { rho: 8 }) + 1e-9);
      expect(oneStepLoss(at, { rho: 0 })).toBe(twoBasins(at));
    }
  });

  it("smoothedLoss() refuses no draws; worstLoss() of a disc over the singularity is infinite", () => {
    expect(() => smoothedLoss([0, 1], { rho: 8, draws: [] })).toThrow("at least one draw, got none");
    expect(worstLoss([0, 5], { rho: 8 })).toBe(Infinity);
  });
});
