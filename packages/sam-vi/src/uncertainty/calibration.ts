import { lineChart, type Chart } from "@lab/tensor-core/report";
import { checkedPredictions, likeliest, type Predictions } from "./predictions.ts";
import { correct } from "./scores.ts";

/** Examples of like confidence: how sure the model was of them on average, and how often it was right. */
export type CalibrationBin = {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly confidence: number;
  readonly accuracy: number;
};

/** Σ (n_b/n) |accuracy_b − confidence_b|, the largest of the differences, and the bins that hold an example. */
export type Calibration = { readonly error: number; readonly worst: number; readonly bins: readonly CalibrationBin[] };

export type CalibrationOptions = {
  readonly bins?: number;
  /** Bins of equal width, (i/M, (i + 1)/M], or of equally many examples, to within one. */
  readonly of?: "width" | "mass";
};

/**
 * ECE = Σ_b (n_b/n) |accuracy_b − confidence_b| over bins of the likeliest class's probability: the expected calibration error [Naeini2015; Guo2017, Equation 3].
 *
 * It is biased upwards, the more the bins and the fewer the examples: compare only equal numbers of both. In bins of equal mass, examples of equal confidence may be
 * parted, in their order. NaN if a confidence is.
 *
 * @throws RangeError for a number of bins that is none; as `meanAccuracy`
 * @example
 * ```ts
 * import ndarray from "ndarray";
 * import { calibration } from "@lab/sam-vi";
 * const sure = [0.9, 0.1].map(Math.log);
 * calibration({ logProbs: ndarray(new Float32Array([...sure, ...sure]), [2, 2]), labels: [0, 1] }).error.toFixed(4); // => '0.4000'
 * ```
 */
export function calibration(predictions: Predictions, { bins = 15, of = "width" }: CalibrationOptions = {}): Calibration {
  const { examples } = checkedPredictions("calibration", predictions);
  if (!(Number.isInteger(bins) && bins >= 1)) throw new RangeError(`Cannot calibrate: expected a whole number of bins of at least 1, got ${bins}`);
  const { logProbs, labels } = predictions;
  const all = Array.from({ length: examples }, (_, i) => {
    const { probability } = likeliest(logProbs, i);
    // Log probabilities in float32 may sum to a little more than one.
    return { confidence: Math.min(1, probability), right: correct(logProbs, labels[i]!, i) };
  });
  if (all.some(({ confidence }) => Number.isNaN(confidence))) return { error: NaN, worst: NaN, bins: [] };
  const groups: Array<typeof all> = Array.from({ length: bins }, () => []);
  if (of === "mass") {
    const sorted = all.toSorted((a, b) => a.confidence - b.confidence);
    sorted.forEach((each, i) => groups[Math.floor((i * bins) / examples)]!.push(each));
  } else for (const each of all) groups[Math.max(0, Math.ceil(each.confidence * bins) - 1)]!.push(each);
  const filled = groups.flatMap((group, i): CalibrationBin[] => {
    if (group.length === 0) return [];
    const mean = (f: (each: (typeof all)[number]) => number): number => group.reduce((sum, each) => sum + f(each), 0) / group.length;
    const [low, high] = of === "width" ? [i / bins, (i + 1) / bins] : [group[0]!.confidence, group.at(-1)!.confidence];
    return [{ low, high, count: group.length, confidence: mean(({ confidence }) => confidence), accuracy: mean(({ right }) => right) }];
  });
  const gaps = filled.map(({ accuracy, confidence }) => Math.abs(accuracy - confidence));
  return { error: filled.reduce((sum, { count }, i) => sum + (count / examples) * gaps[i]!, 0), worst: Math.max(...gaps), bins: filled };
}

/**
 * A reliability diagram: accuracy against confidence by bin, with two binomial standard errors to each side, beside the line of perfect calibration [Guo2017, Figure 1].
 *
 * @throws RangeError if there are no bins
 * @example
 * ```ts
 * import { reliabilityChart } from "@lab/sam-vi";
 * const bins = [{ low: 0.8, high: 1, count: 10, confidence: 0.9, accuracy: 0.7 }];
 * reliabilityChart({ error: 0.2, worst: 0.2, bins }).title; // => 'Reliability'
 * ```
 */
export function reliabilityChart({ bins }: Calibration, { title = "Reliability" }: { readonly title?: string } = {}): Chart {
  const rows = bins.flatMap(({ confidence, accuracy, count }) => {
    const error = 2 * Math.sqrt((accuracy * (1 - accuracy)) / count);
    return [
      { confidence, accuracy, low: Math.max(0, accuracy - error), high: Math.min(1, accuracy + error), of: "the model" },
      { confidence, accuracy: confidence, low: confidence, high: confidence, of: "perfect calibration" },
    ];
  });
  return lineChart(
    ["the model", "perfect calibration"].flatMap((of) => rows.filter((row) => row.of === of)),
    { title, x: "confidence", y: "accuracy", series: "of", band: ["low", "high"], yAxis: { title: "accuracy", domain: [0, 1] } },
  );
}
