import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { thermodynamic, type EnergyEstimate } from "./thermodynamic.ts";

/** Prior N(0, I_d), U = ½ k ‖w‖². */
const [d, k] = [20, 3];
const gaussian = (lambda: number): Required<EnergyEstimate> => ({
  lambda,
  energy: ((d / 2) * k) / (1 + lambda * k),
  variance: ((d / 2) * k ** 2) / (1 + lambda * k) ** 2,
  error: 0,
});
const freeEnergy = (lambda: number) => (d / 2) * Math.log1p(lambda * k);
const kl = (lambda: number) => (d / 2) * (Math.log1p(lambda * k) - (lambda * k) / (1 + lambda * k));
const power = (count: number, c: number, top = 2) => Array.from({ length: count + 1 }, (_, i) => top * (i / count) ** c);

it("thermodynamic() bounds F and KL from above by the left sum and from below by the right, on any grid", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.double({ min: 1e-3, max: 10, noNaN: true }), { minLength: 1, maxLength: 12 }), (lambdas) => {
      for (const rung of thermodynamic([0, ...lambdas.toSorted((a, b) => a - b)].map(gaussian)).slice(1)) {
        expect(rung.freeEnergy.upper).toBeGreaterThan(freeEnergy(rung.lambda));
        expect(rung.freeEnergy.lower).toBeLessThan(freeEnergy(rung.lambda));
        expect(rung.kl.upper).toBeGreaterThan(kl(rung.lambda));
        expect(rung.kl.lower).toBeLessThan(kl(rung.lambda));
        expect(rung.kl.trapezoid).toBeGreaterThan(kl(rung.lambda));
      }
    }),
  );
});

it("thermodynamic() converges: the trapezoid as K⁻², the corrected one as K⁻⁴, the KL from variances to the same value", () => {
  const errors = [20, 40].map((count) => {
    const last = thermodynamic(power(count, 3).map(gaussian)).at(-1)!;
    return [last.freeEnergy.trapezoid, last.freeEnergy.corrected].map((value) => Math.abs(value - freeEnergy(2)));
  });
  expect(Math.log2(errors[0]![0]! / errors[1]![0]!)).toBeCloseTo(2, 0);
  expect(Math.log2(errors[0]![1]! / errors[1]![1]!)).toBeGreaterThan(3.5);
  const fine = thermodynamic(power(2000, 3).map(gaussian)).at(-1)!;
  expect(Math.abs(fine.kl.corrected - kl(2))).toBeLessThan(1e-6);
  expect(Math.abs(fine.klByVariance - kl(2))).toBeLessThan(1e-4);
});

it("thermodynamic() reads the KL at every rung off one ladder, with the gap Σ Δᵢ (Eᵢ − Eᵢ₊₁) between the sums", () => {
  const rungs = power(16, 4).map(gaussian);
  const all = thermodynamic(rungs);
  let gap = 0;
  all.forEach(({ freeEnergy: F, kl: K, lambda }, i) => {
    if (i > 0) gap += (lambda - rungs[i - 1]!.lambda) * (rungs[i - 1]!.energy - rungs[i]!.energy);
    expect(F.upper - F.lower).toBeCloseTo(gap, 10);
    expect(K.upper).toBeCloseTo(F.upper - lambda * rungs[i]!.energy, 10);
    expect(thermodynamic(rungs.slice(0, i + 1)).at(-1)).toEqual(all[i]);
  });
  expect([all[0]!.kl.upper, all[0]!.kl.lower, all[0]!.freeEnergy.trapezoid]).toEqual([0, 0, 0]);
});

it("thermodynamic() propagates errors with the weights of each sum: a simulation agrees", () => {
  const rungs = power(5, 2, 1).map((lambda) => ({ ...gaussian(lambda), error: 0.1 + lambda }));
  const { kl: estimate, freeEnergy: F } = thermodynamic(rungs).at(-1)!;
  // Exact: the sums are linear, so that moving one energy by its error moves the sum by weight × error.
  const moved = (pick: (r: ReturnType<typeof thermodynamic>[number]) => number) =>
    Math.sqrt(
      rungs.reduce(
        (s, rung, i) =>
          s + (pick(thermodynamic(rungs.with(i, { ...rung, energy: rung.energy + rung.error })).at(-1)!) - pick(thermodynamic(rungs).at(-1)!)) ** 2,
        0,
      ),
    );
  expect(estimate.upperError).toBeCloseTo(
    moved((r) => r.kl.upper),
    10,
  );
  expect(estimate.lowerError).toBeCloseTo(
    moved((r) => r.kl.lower),
    10,
  );
  expect(estimate.trapezoidError).toBeCloseTo(
    moved((r) => r.kl.trapezoid),
    10,
  );
  expect(F.upperError).toBeCloseTo(
    moved((r) => r.freeEnergy.upper),
    10,
  );
});

type Pine = {
  readonly ladder: readonly { readonly t: number; readonly logZ: number; readonly energy: number }[];
  readonly quadrature: readonly {
    readonly intervals: number;
    readonly trapezoid: number;
    readonly corrected: number;
    readonly left: number;
    readonly right: number;
    readonly points: readonly EnergyEstimate[];
  }[];
  readonly logZ: number;
  readonly kl: number;
};
const pine = JSON.parse(readFileSync(new URL("../../../../golden/pacbayes/radiata-pine.json", import.meta.url), "utf8")) as Pine;

it.each(pine.quadrature.map((row) => [row.intervals, row] as const))(
  "thermodynamic() on radiata pine with t = (i/%d)⁵ errs from the exact evidence as the table says",
  (_, { points, trapezoid, corrected, left, right }) => {
    // U = −ln L, so that F = −ln Z and the left sum of F is minus the left sum of ln Z.
    const { freeEnergy: F, kl: K } = thermodynamic(points).at(-1)!;
    expect(-F.trapezoid - pine.logZ).toBeCloseTo(trapezoid, 5);
    expect(-F.corrected - pine.logZ).toBeCloseTo(corrected, 5);
    expect(-F.upper - pine.logZ).toBeCloseTo(left, 3);
    expect(-F.lower - pine.logZ).toBeCloseTo(right, 3);
    expect(K.upper).toBeGreaterThan(pine.kl);
    expect(K.lower).toBeLessThan(pine.kl);
  },
);

it("thermodynamic() names what is wrong with a ladder", () => {
  expect(() => thermodynamic([])).toThrow("expected its first lambda to be 0, got an empty ladder");
  expect(() => thermodynamic([{ lambda: 0.1, energy: 1 }])).toThrow("expected its first lambda to be 0, got 0.1");
  expect(() => thermodynamic([gaussian(0), gaussian(1), gaussian(1)])).toThrow("expected lambda to increase, got 1 after 1");
  expect(() => thermodynamic([gaussian(0), { lambda: NaN, energy: 1 }])).toThrow("expected lambda to increase, got NaN after 0");
});
