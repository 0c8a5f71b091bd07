import { readFileSync } from "node:fs";
import ndarray, { type NdArray } from "ndarray";
import { logSumExp } from "@lab/tensor-core";
import { png } from "@lab/tensor-core/report";
import { describe, expect, it } from "vitest";
import { calibration, reliabilityChart } from "./calibration.ts";
import { detection } from "./detection.ts";
import { confidence, mutualInformation, posteriorAverage, predictiveEntropy } from "./posterior-average.ts";
import type { Predictions } from "./predictions.ts";
import { brierScore, meanAccuracy, meanLogLoss } from "./scores.ts";

const golden = JSON.parse(readFileSync(new URL("../../../../golden/sam-vi/uncertainty.json", import.meta.url), "utf8")) as {
  readonly predictions: readonly ({ readonly name: string; readonly logits: readonly (readonly number[])[]; readonly labels: readonly number[] } & Readonly<
    Record<"accuracy" | "logLoss" | "brier" | "calibrationError" | "worst" | "massError", number>
  >)[];
  readonly detections: readonly ({ readonly name: string; readonly inside: readonly number[]; readonly outside: readonly number[] } & Readonly<
    Record<"auroc" | "auprIn" | "auprOut" | "fpr95" | "error", number>
  >)[];
};

/** Predictions of probabilities, [example][class]; float32 as they come from a network. */
const of = (probs: readonly (readonly number[])[], labels: readonly number[]): Predictions => ({
  logProbs: array(probs.map((row) => row.map(Math.log))),
  labels,
});
const array = (rows: readonly (readonly number[])[]): NdArray<Float32Array> => ndarray(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0]);

describe("scores", () => {
  for (const { name, logits, labels, ...expected } of golden.predictions)
    it(`of the predictions "${name}" are those of scikit-learn`, () => {
      const predictions = { logProbs: array(logits.map((row) => row.map((z) => z - logSumExp(row)))), labels };
      // Log probabilities are rounded to float32: 2⁻²⁴ of values up to 10.
      expect(meanAccuracy(predictions)).toBe(expected.accuracy);
      expect(Math.abs(meanLogLoss(predictions) - expected.logLoss)).toBeLessThan(1e-6);
      expect(Math.abs(brierScore(predictions) - expected.brier)).toBeLessThan(1e-6);
      const wide = calibration(predictions);
      expect(Math.abs(wide.error - expected.calibrationError)).toBeLessThan(1e-6);
      expect(Math.abs(wide.worst - expected.worst)).toBeLessThan(1e-6);
      expect(Math.abs(calibration(predictions, { bins: 10, of: "mass" }).error - expected.massError)).toBeLessThan(1e-6);
    });

  it("meanLogLoss() is ∞ where a true class had no chance, and NaN where nothing is known", () => {
    expect(meanLogLoss(of([[0, 1]], [0]))).toBe(Infinity);
    for (const score of [meanLogLoss, brierScore]) expect(score(of([[NaN, 1]], [0]))).toBeNaN();
    expect(meanAccuracy(of([[NaN, 1]], [1]))).toBe(0);
  });

  it("brierScore() is between 0 for the certain truth and 2 for the certain lie", () => {
    expect(brierScore(of([[1, 0]], [0]))).toBe(0);
    expect(brierScore(of([[1, 0]], [1]))).toBe(2);
  });

  it("the scores refuse labels and shapes that do not fit", () => {
    for (const score of [meanAccuracy, meanLogLoss, brierScore, calibration]) {
      expect(() => score(of([[0.5, 0.5]], [2]))).toThrow("expected labels in 0 … 1, got 2 for example 0");
      expect(() => score(of([[0.5, 0.5]], [0, 1]))).toThrow("expected 1 labels, got 2");
      expect(() => score({ logProbs: ndarray(new Float32Array(0), [0, 2]), labels: [] })).toThrow("at least one of each, got one of shape [0, 2]");
    }
    expect(() => calibration(of([[0.5, 0.5]], [0]), { bins: 0 })).toThrow("a whole number of bins of at least 1, got 0");
  });
});

describe("calibration()", () => {
  it("puts the edge of a bin into the lower one, and the ends where they belong", () => {
    const { bins } = calibration(
      of(
        [
          [0.5, 0.5],
          [0.75, 0.25],
          [1, 0],
        ],
        [0, 1, 0],
      ),
      { bins: 4 },
    );
    expect(bins.map(({ low, high, count }) => [low, high, count])).toEqual([
      [0.25, 0.5, 1],
      [0.5, 0.75, 1],
      [0.75, 1, 1],
    ]);
  });

  it("in bins of equal mass counts differ by at most one, and one bin gives |accuracy − mean confidence|", () => {
    const sure = Array.from({ length: 23 }, (_, i) => 0.5 + i / 50);
    const predictions = of(
      sure.map((p) => [p, 1 - p]),
      sure.map((_, i) => (i % 3 === 0 ? 1 : 0)),
    );
    const counts = calibration(predictions, { bins: 5, of: "mass" }).bins.map(({ count }) => count);
    expect(counts.reduce((a, b) => a + b)).toBe(23);
    expect(Math.max(...counts) - Math.min(...counts)).toBe(1);
    const gap = Math.abs(meanAccuracy(predictions) - sure.reduce((a, b) => a + b) / 23);
    for (const of of ["mass", "width"] as const) expect(calibration(predictions, { bins: 1, of }).error).toBeCloseTo(gap, 6);
  });

  it("is zero where accuracy is confidence, NaN where a confidence is, and draws itself", async () => {
    const perfect = of(
      Array.from({ length: 4 }, () => [0.75, 0.25]),
      [0, 0, 0, 1],
    );
    expect(calibration(perfect).error).toBeCloseTo(0, 6);
    expect(calibration(of([[NaN, 1]], [0])).error).toBeNaN();
    const image = await png(reliabilityChart(calibration(perfect)), { width: 300 });
    expect(image.length).toBeGreaterThan(1000);
  });
});

describe("detection()", () => {
  for (const { name, inside, outside, ...expected } of golden.detections)
    it(`of the scores "${name}" is that of scikit-learn`, () => {
      const found = detection(inside, outside);
      for (const key of ["auroc", "auprIn", "auprOut", "fpr95", "error"] as const) expect(Math.abs(found[key] - expected[key])).toBeLessThan(1e-12);
    });

  it("is perfect for scores apart, ½ for scores that are all equal, and NaN for NaN", () => {
    expect(detection([3, 4], [1, 2])).toEqual({ auroc: 1, auprIn: 1, auprOut: 1, fpr95: 0, error: 0 });
    expect(detection([1, 1], [1, 1])).toEqual({ auroc: 0.5, auprIn: 0.5, auprOut: 0.5, fpr95: 1, error: 0.5 });
    expect(detection([1, 2], [3, 4])).toMatchObject({ auroc: 0, fpr95: 1, error: 0.5 });
    expect(detection([1, NaN], [0]).auroc).toBeNaN();
    expect(() => detection([], [1])).toThrow("got 0 and 1");
  });
});

describe("posteriorAverage()", () => {
  const draws = ndarray(Float32Array.from([0.9, 0.1, 0.5, 0.5, 0.3, 0.7, 0.5, 0.5].map(Math.log)), [2, 2, 2]);

  it("is the log of the mean probability, and scores no worse than the draws do on average", () => {
    const mean = posteriorAverage(draws);
    [0.6, 0.4, 0.5, 0.5].forEach((p, i) => expect(Math.exp(mean.data[i]!)).toBeCloseTo(p, 6));
    const labels = [0, 1];
    const each = [0, 1].map((s) => meanLogLoss({ logProbs: draws.pick(s, null, null), labels }));
    expect(meanLogLoss({ logProbs: mean, labels })).toBeLessThan((each[0]! + each[1]!) / 2);
  });

  it("keeps far tails: −1000 nats are not ∞", () => {
    expect(posteriorAverage(ndarray(Float32Array.from([-1000, -1001]), [2, 1, 1])).data[0]).toBeCloseTo(-1000 + Math.log((1 + Math.exp(-1)) / 2), 3);
  });

  it("mutualInformation() is the entropy of the mean less the mean of the entropies", () => {
    const h = (p: number): number => -p * Math.log(p) - (1 - p) * Math.log(1 - p);
    const [first, second] = mutualInformation(draws);
    expect(first).toBeCloseTo(h(0.6) - (h(0.9) + h(0.3)) / 2, 6);
    expect(second).toBeCloseTo(0, 6);
    [...predictiveEntropy(posteriorAverage(draws))].forEach((value, i) => expect(value).toBeCloseTo([h(0.6), Math.LN2][i]!, 6));
    [...confidence(posteriorAverage(draws))].forEach((value, i) => expect(value).toBeCloseTo([0.6, 0.5][i]!, 6));
  });

  it("refuses what has other axes", () => {
    expect(() => posteriorAverage(ndarray(new Float32Array(4), [2, 2]))).toThrow("expected an array [sample, example, class]");
    expect(() => confidence(ndarray(new Float32Array(4), [4]))).toThrow("expected an array [example, class]");
  });
});
