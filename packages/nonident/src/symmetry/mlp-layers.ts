import { div, eye, gather, matMul, tensor2d, zeros, type Tensor2D } from "@tensorflow/tfjs-core";
import type { MlpParams } from "@lab/tensor-core";
import type { HiddenLayer } from "./hidden-units.ts";
import { refuseIndex } from "./network.ts";
import { inverted, type SquareMatrix } from "./square-matrix.ts";

/**
 * The symmetries of hidden units on one hidden layer of a perceptron: layers `at` and `at` + 1 replaced by what a map of the two gives.
 *
 * @throws RangeError unless `at` is a hidden layer, counted from 0; what the map throws
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { key, mlp } from "@lab/tensor-core";
 * import { rescaledUnits, withHiddenLayer } from "@lab/nonident/symmetry";
 * const params = mlp([3, 2, 1]).init(key(1));
 * const moved = withHiddenLayer(params, 0, (layer) => rescaledUnits(layer, tensor1d([4, 4])));
 * moved.layers[0].kernel.dataSync()[0] / params.layers[0].kernel.dataSync()[0]; // => 4
 * ```
 */
export function withHiddenLayer({ layers }: MlpParams, at: number, changed: (layer: HiddenLayer) => HiddenLayer): MlpParams {
  refuseIndex("change a hidden layer", "the layer", { index: at, count: layers.length - 1 });
  const { up, down } = changed({ up: layers[at]!, down: layers[at + 1]! });
  return { layers: layers.toSpliced(at, 2, up, down) };
}

/**
 * Net2Wider: unit g(j) again as unit j, its outgoing weights divided among its copies [Chen2016, §2.2]. Any activation.
 *
 * `copies` names the old unit that each added one repeats. Not neutral: see `widened`.
 *
 * @throws RangeError unless each copy is of one of the hidden units
 * @example
 * ```ts
 * import { tensor1d, tensor2d } from "@tensorflow/tfjs-core";
 * import { widenedUnits } from "@lab/nonident/symmetry";
 * const layer = { up: { kernel: tensor2d([[1, 2]]), bias: tensor1d([3, 4]) }, down: { kernel: tensor2d([[5], [6]]), bias: tensor1d([0]) } };
 * widenedUnits(layer, [1]).down.kernel.dataSync(); // => Float32Array(3) [ 5, 3, 3 ]
 * ```
 */
export function widenedUnits({ up, down }: HiddenLayer, copies: readonly number[]): HiddenLayer {
  const hidden = up.kernel.shape[1];
  for (const index of copies) refuseIndex("widen", "a copy's unit", { index, count: hidden });
  const order = [...Array.from({ length: hidden }, (_, i) => i), ...copies];
  const shares = order.map((unit) => [order.filter((each) => each === unit).length]);
  return {
    up: { kernel: gather(up.kernel, order, 1), bias: gather(up.bias, order) },
    down: { kernel: div(gather(down.kernel, order), tensor2d(shares, [order.length, 1])) as Tensor2D, bias: down.bias },
  };
}

/**
 * Net2Deeper: a layer h ↦ relu(I h + 0) after hidden layer `at`, the same function since relu(relu(z)) = relu(z) [Chen2016, §2.3]. ReLU only.
 *
 * @throws RangeError unless `at` is a hidden layer, counted from 0
 * @example
 * ```ts
 * import { key, mlp } from "@lab/tensor-core";
 * import { deepenedMlp } from "@lab/nonident/symmetry";
 * deepenedMlp(mlp([3, 2, 1]).init(key(1)), 0).layers.map(({ kernel }) => kernel.shape); // => [ [ 3, 2 ], [ 2, 2 ], [ 2, 1 ] ]
 * ```
 */
export function deepenedMlp({ layers }: MlpParams, at: number): MlpParams {
  refuseIndex("deepen", "the hidden layer", { index: at, count: layers.length - 1 });
  const width = layers[at]!.kernel.shape[1];
  return { layers: layers.toSpliced(at + 1, 0, { kernel: eye(width), bias: zeros([width]) }) };
}

/**
 * W → (U, V) with U = W G, V = G⁻¹, so that U V = W: a linear map as two.
 *
 * Training the factors is not training W: a step of gradient descent moves W by −η (g Vᵀ V + U Uᵀ g) to first order. W [input, output], G [output, output] in
 * float64, to its condition number.
 *
 * @throws RangeError unless G is invertible, of output × output
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { factored } from "@lab/nonident/symmetry";
 * factored(tensor2d([[3, 4]]), [[2, 0], [0, 4]]).map((x) => x.dataSync()); // => [ Float32Array(2) [ 6, 16 ], Float32Array(4) [ 0.5, 0, 0, 0.25 ] ]
 * ```
 */
export function factored(kernel: Tensor2D, matrix: SquareMatrix): readonly [Tensor2D, Tensor2D] {
  const back = inverted("factor a kernel", matrix, kernel.shape[1]);
  return [matMul(kernel, tensor2d(matrix.map((row) => [...row]))), tensor2d(back.map((row) => [...row]))];
}
