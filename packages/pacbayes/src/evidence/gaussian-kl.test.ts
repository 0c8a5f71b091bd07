import { expect, it } from "vitest";
import { gaussianKl } from "./gaussian-kl.ts";

it("gaussianKl() is the integral of ρ ln(ρ/π), by quadrature", () => {
  const [m, s] = [0.7, -0.4];
  const [steps, width] = [4000, 12];
  let integral = 0;
  for (let i = 0; i <= steps; i++) {
    const z = -width + (2 * width * i) / steps;
    const u = m + Math.exp(s) * z;
    // ρ du = φ(z) dz; ln ρ − ln π = −z²/2 − s + u²/2. The trapezoid converges exponentially here.
    integral += (Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI)) * (-(z ** 2) / 2 - s + u ** 2 / 2) * ((2 * width) / steps);
  }
  expect(Math.abs(gaussianKl([m], [s]) - integral)).toBeLessThan(1e-12);
  expect(gaussianKl([m, 0], [s, 0])).toBe(gaussianKl([m], [s]));
});

it("gaussianKl() is 0 at the prior, at least 0 near it, NaN for NaN, and refuses lengths that differ", () => {
  expect(gaussianKl([0, 0], [0, 0])).toBe(0);
  expect(gaussianKl([0], [1e-9])).toBeGreaterThanOrEqual(0);
  expect(gaussianKl([NaN], [0])).toBeNaN();
  expect(() => gaussianKl([0, 1], [0])).toThrow("got 1 and 2");
});
