import { add, matMul, mul, relu, reshape, zeros, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { axes, split, truncatedNormal, type Key } from "@lab/tensor-core";

/** Weights [chain, output, input], biases [chain, output, 1]. */
export type WideDense = { readonly weight: Tensor; readonly bias: Tensor };
/** A multilayer perceptron for each chain. */
export type WideMlp = { readonly layers: readonly WideDense[] };

/** The sizes of a network: inputs, hidden units of each layer, classes. */
export type MlpSizes = { readonly inputs: number; readonly hidden: readonly number[]; readonly classes: number };

/**
 * The logits of many perceptrons on shared inputs: x₀ = x, xₗ₊₁ = relu(Wₗ xₗ + bₗ), the last layer without relu.
 *
 * All chains' first layers are one product, [chain · output, input] × [input, example], and nothing is transposed, forwards or backwards: activations
 * are [chain, unit, example].
 *
 * Inputs [input, example]; returns logits [chain, class, example].
 *
 * @throws ShapeError if a layer does not fit the one before
 * @example
 * ```ts
 * import { ones } from "@tensorflow/tfjs-core";
 * import { wideMlp } from "@lab/pacbayes";
 * const layer = (output: number, input: number) => ({ weight: ones([2, output, input]), bias: ones([2, output, 1]) });
 * wideMlp({ layers: [layer(3, 4), layer(5, 3)] }, ones([4, 6])).shape; // => [ 2, 5, 6 ]
 * ```
 */
export function wideMlp({ layers }: WideMlp, inputs: Tensor): Tensor {
  const [first, ...rest] = layers;
  if (first === undefined) throw new RangeError("Cannot apply wideMlp: expected at least one layer, got none");
  const { chain, output, example, input } = axes("wideMlp", [inputs, "input example"], [first.weight, "chain output input"], [first.bias, "chain output 1"]);
  let units = add(reshape(matMul(reshape(first.weight, [chain * output, input]), inputs as Tensor2D), [chain, output, example]), first.bias);
  for (const { weight, bias } of rest) {
    axes("wideMlp", [units, "chain unit example"], [weight, "chain output unit"], [bias, "chain output 1"]);
    units = add(matMul(weight, relu(units)), bias);
  }
  return units;
}

/**
 * One network to centre a prior on, as one chain: leaves [1, …]. All zeros; or, from a key, weights from N(0, 1/fan-in) cut at two standard deviations, and
 * biases 0 [PerezOrtiz2021, §7].
 *
 * @throws RangeError unless all sizes are whole and positive
 * @example
 * ```ts
 * import { mlpCentre } from "@lab/pacbayes";
 * mlpCentre({ inputs: 4, hidden: [3], classes: 2 }).layers[1].weight.shape; // => [ 1, 2, 3 ]
 * ```
 */
export function mlpCentre({ inputs, hidden, classes }: MlpSizes, { key }: { readonly key?: Key } = {}): WideMlp {
  const sizes = [inputs, ...hidden, classes];
  const bad = sizes.find((size) => !(Number.isInteger(size) && size >= 1));
  if (bad !== undefined) throw new RangeError(`Cannot lay out a perceptron: expected whole, positive sizes, got ${bad}`);
  const keys = key === undefined ? [] : split(key, sizes.length - 1);
  return {
    layers: sizes.slice(1).map((output, i) => {
      const [input, layerKey] = [sizes[i]!, keys[i]];
      const shape = [1, output, input] as const;
      const weight = layerKey === undefined ? zeros([...shape]) : mul(truncatedNormal(layerKey, shape), 1 / Math.sqrt(input));
      return { weight, bias: zeros([1, output, 1]) };
    }),
  };
}
