import { EigenvalueDecomposition, Matrix, SingularValueDecomposition, determinant, inverse } from "ml-matrix";
import { key, uniformNumbers } from "@lab/tensor-core";
import { describe, expect, test } from "vitest";
import { hScore } from "./h-score.ts";
import { cka, independence, unbiasedCka } from "./kernel-alignment.ts";
import { lempelZiv } from "./lempel-ziv.ts";
import { linearProbe } from "./linear-probe.ts";
import { logEvidence, logMe } from "./log-me.ts";
import { plsSvd } from "./pls-svd.ts";

/** Rows of numbers in [−1, 1). */
function rows(seed: number, n: number, width: number): number[][] {
  const numbers = [...uniformNumbers(key(seed), n * width)];
  return Array.from({ length: n }, (_, i) => numbers.slice(i * width, (i + 1) * width).map((u) => 2 * u - 1));
}

/** An orthogonal matrix: the eigenvectors of a symmetric one. */
function rotation(seed: number, width: number): Matrix {
  const a = new Matrix(rows(seed, width, width));
  return new EigenvalueDecomposition(a.clone().add(a.transpose()), { assumeSymmetric: true }).eigenvectorMatrix;
}

const turned = (x: number[][], by: Matrix, scale: number): number[][] => new Matrix(x).mmul(by).mul(scale).to2DArray();

describe("similarity of features", () => {
  const [x, y] = [rows(1, 12, 4), rows(2, 12, 6)];
  const alike = turned(x, rotation(3, 4), -2.5);

  test("cka(), unbiasedCka() and plsSvd() do not see rotation and scale", () => {
    expect(cka(x, alike)).toBeCloseTo(1, 12);
    expect(unbiasedCka(x, alike)).toBeCloseTo(1, 12);
    expect(plsSvd(x, alike).distance).toBeCloseTo(0, 10);
    expect(cka(alike, y)).toBeCloseTo(cka(x, y), 12);
    expect(unbiasedCka(alike, y)).toBeCloseTo(unbiasedCka(x, y), 12);
  });

  test("unbiasedCka() rests on the mean over quadruples of different inputs", () => {
    const [k, l] = [x.slice(0, 6), y.slice(0, 6)].map((part) => {
      const gram = new Matrix(part).mmul(new Matrix(part).transpose());
      for (let i = 0; i < gram.rows; i++) gram.set(i, i, 0);
      return gram;
    }) as [Matrix, Matrix];
    let [sum, count] = [0, 0];
    for (let i = 0; i < 6; i++)
      for (let j = 0; j < 6; j++)
        for (let q = 0; q < 6; q++)
          for (let r = 0; r < 6; r++) {
            if (new Set([i, j, q, r]).size < 4) continue;
            sum += k.get(i, j) * (l.get(i, j) + l.get(q, r) - 2 * l.get(i, q));
            count += 1;
          }
    expect(independence(k, l)).toBeCloseTo(sum / count, 12);
  });

  test("unbiasedCka() of independent features is about 0, where cka() is not", () => {
    const means = [0, 0];
    for (let i = 0; i < 60; i++) {
      const [a, b] = [rows(100 + i, 20, 15), rows(300 + i, 20, 15)];
      means[0]! += unbiasedCka(a, b) / 60;
      means[1]! += cka(a, b) / 60;
    }
    // One estimate has a standard deviation of about 0.03 (over these 60); five standard errors of their mean.
    expect(Math.abs(means[0]!)).toBeLessThan(5 * (0.05 / Math.sqrt(60)));
    expect(means[1]!).toBeGreaterThan(0.3);
  });

  test("plsSvd() of one component is the correlation along the direction of largest covariance", () => {
    const line = Array.from({ length: 9 }, (_, i) => [i]);
    const { correlations } = plsSvd(
      line,
      line.map(([v], i) => [3 * v! + (i % 3)]),
    );
    const a = line.map(([v]) => v! - 4);
    const b = line.map(([v], i) => 3 * v! + (i % 3) - 13);
    const product = (u: number[], v: number[]): number => u.reduce((total, value, i) => total + value * v[i]!, 0);
    expect(correlations).toHaveLength(1);
    expect(correlations[0]!).toBeCloseTo(product(a, b) / Math.sqrt(product(a, a) * product(b, b)), 12);
  });

  test("features of other inputs, of other widths, not finite or constant are refused", () => {
    expect(() => cka(x, y.slice(1))).toThrow("expected features of the same inputs, got 12 and 11 rows");
    expect(() => cka([[1, 2], [3]], [[1], [2]])).toThrow("expected rows of 2 finite numbers, got [3] in row 1");
    expect(() => cka([[1], [Number.NaN]], [[1], [2]])).toThrow("expected rows of 1 finite numbers, got [NaN] in row 1");
    expect(() => cka([[1], [1]], [[1], [2]])).toThrow("expected features that vary");
    expect(() => unbiasedCka(x.slice(0, 3), y.slice(0, 3))).toThrow("expected at least 4 rows of at least one number, got 3 of 4");
    expect(() => plsSvd(x, y, { components: 5 })).toThrow("expected 1 to 4 components, got 5");
  });
});

describe("scores of transfer", () => {
  const labels = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0];

  test.each([3, 14])("logMe()'s evidence is the density of the labels under the marginal Gaussian, with %i features of ten examples", (width) => {
    const features = new Matrix(rows(7, 10, width));
    const svd = new SingularValueDecomposition(features, { autoTranspose: true });
    const y = labels.map((label) => Number(label === 1));
    const [alpha, beta] = [0.7, 2.3];
    const covariance = features.mmul(features.transpose()).mul(1 / alpha);
    for (let i = 0; i < 10; i++) covariance.set(i, i, covariance.get(i, i) + 1 / beta);
    const row = Matrix.rowVector(y);
    const density = -0.5 * (row.mmul(inverse(covariance)).mmul(row.transpose()).get(0, 0) + Math.log(determinant(covariance)) + 10 * Math.log(2 * Math.PI));
    expect(logEvidence(features, svd, { y, alpha, beta })).toBeCloseTo(density, 9);
  });

  test("logMe() is near the best of all α and β, and does not see rotations", () => {
    const features = rows(8, 40, 3).map((row, i) => [row[0]! + (i % 2), row[1]!, row[2]!]);
    const two = features.map((_, i) => i % 2);
    const f = new Matrix(features);
    const svd = new SingularValueDecomposition(f, { autoTranspose: true });
    const best = [0, 1].map((c) => {
      const y = two.map((label) => Number(label === c));
      let most = -Infinity;
      for (let i = -60; i <= 60; i++) for (let j = -60; j <= 60; j++) most = Math.max(most, logEvidence(f, svd, { y, alpha: 1.1 ** i, beta: 1.1 ** j }));
      return most / 40;
    });
    const score = logMe(features, two);
    const ceiling = (best[0]! + best[1]!) / 2;
    // The grid is no finer than a tenth; the fixed point stops within a thousandth of α/β.
    expect(score).toBeLessThan(ceiling + 1e-2);
    expect(score).toBeGreaterThan(ceiling - 1e-2);
    expect(logMe(turned(features, rotation(9, 3), 1), two)).toBeCloseTo(score, 9);
  });

  test("hScore() does not see invertible maps, is the share between classes in one dimension, and needs an inverse", () => {
    const features = rows(10, 10, 3);
    const by = new Matrix(rows(11, 3, 3));
    expect(hScore(turned(features, by, 3), labels)).toBeCloseTo(hScore(features, labels), 8);
    const line = [[1], [2], [4], [9]];
    // Means 1.5 and 6.5 about 4: between 6.25, in all (9 + 4 + 0 + 25)/4 = 9.5.
    expect(hScore(line, [0, 0, 1, 1])).toBeCloseTo(6.25 / 9.5, 12);
    const dependent = features.map(([a, b]) => [a!, b!, a! + b!]);
    expect(() => hScore(dependent, labels)).toThrow("expected features whose covariance has an inverse");
    expect(hScore(dependent, labels, { shrinkage: 0.1 })).toBeGreaterThan(0);
  });

  test("linearProbe() finds what is linear in the features and nothing in noise", () => {
    const features = rows(12, 400, 5);
    const known = features.map((row) => Number(row[0]! - 2 * row[3]! > 0.3));
    const half = { features: features.slice(0, 200), labels: known.slice(0, 200) };
    const rest = { features: features.slice(200), labels: known.slice(200) };
    expect(linearProbe(half, rest).accuracy).toBeGreaterThan(0.9);
    const noise = rows(13, 400, 5);
    const share = known.slice(200).filter((label) => label === 0).length / 200;
    const blind = linearProbe({ features: noise.slice(0, 200), labels: known.slice(0, 200) }, { features: noise.slice(200), labels: known.slice(200) });
    // Right by chance: at most the larger class's share and five standard deviations of 200 throws.
    expect(blind.accuracy).toBeLessThan(Math.max(share, 1 - share) + 5 * Math.sqrt(0.25 / 200));
    expect(() => linearProbe(half, { features: [[1]], labels: [0] })).toThrow("expected held-out rows of 5 numbers, got 1");
    expect(() => linearProbe({ features: [[1], [2]], labels: [0, 0] }, rest)).toThrow("expected at least two classes, got 0");
  });
});

test("lempelZiv() counts the pieces of the published example, and grows with n / log n for fair coins", () => {
  expect(lempelZiv([..."0001101001000101"].map(Number))).toBe(6);
  expect(lempelZiv([])).toBe(0);
  const coins = [...uniformNumbers(key(5), 400)].map((u) => Number(u < 0.5));
  expect(lempelZiv(coins)).toBeGreaterThan((0.7 * 400) / Math.log2(400));
  expect(lempelZiv(Array.from({ length: 400 }, (_, i) => i % 3))).toBe(4);
});
