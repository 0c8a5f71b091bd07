import type { HostArray } from "@lab/tensor-core";

/** ln p(class | example), [example, class], nats, and the class that each example has. */
export type Predictions = { readonly logProbs: HostArray; readonly labels: ArrayLike<number> };

/** The sizes of predictions that are some. */
export function checkedPredictions(caller: string, { logProbs, labels }: Predictions): { readonly examples: number; readonly classes: number } {
  const { examples, classes } = checkedLogProbs(caller, logProbs);
  if (labels.length !== examples) throw new RangeError(`Cannot apply ${caller}: expected ${examples} labels, got ${labels.length}`);
  for (let i = 0; i < examples; i++)
    if (!(Number.isInteger(labels[i]) && labels[i]! >= 0 && labels[i]! < classes))
      throw new RangeError(`Cannot apply ${caller}: expected labels in 0 … ${classes - 1}, got ${labels[i]} for example ${i}`);
  return { examples, classes };
}

/** The sizes of log probabilities [example, class]. */
export function checkedLogProbs(caller: string, { shape }: HostArray): { readonly examples: number; readonly classes: number } {
  const [examples = 0, classes = 0] = shape;
  if (shape.length !== 2 || examples < 1 || classes < 1)
    throw new RangeError(`Cannot apply ${caller}: expected an array [example, class] with at least one of each, got one of shape [${shape.join(", ")}]`);
  return { examples, classes };
}

/** The likeliest class of an example, the first of equals, and its probability; NaN if any of its log probabilities is. */
export function likeliest(logProbs: HostArray, example: number): { readonly label: number; readonly probability: number } {
  let label = 0;
  for (let k = 0; k < logProbs.shape[1]!; k++) {
    const value = logProbs.get(example, k);
    if (Number.isNaN(value)) return { label: k, probability: NaN };
    if (value > logProbs.get(example, label)) label = k;
  }
  return { label, probability: Math.exp(logProbs.get(example, label)) };
}
