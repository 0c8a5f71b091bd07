import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

/** What `LayersModel.trainOnBatch` takes: one tensor, one for each input or output in their order, or by name. */
export type Fed = Tensor | Tensor[] | { [name: string]: Tensor };

/**
 * One step on a batch, and what it measured: the loss, then each metric once, as `model.metricsNames` names them, at the clean weights wherever the optimizer
 * has a pass there.
 *
 * `model.trainOnBatch` takes the same step, but with an optimizer that looks twice it repeats the metrics for the second pass.
 *
 * @throws Error as `trainOnBatch`, for a model that is not compiled and for tensors of other shapes than it expects
 * @example
 * ```ts
 * import { ones, train } from "@tensorflow/tfjs-core";
 * import { layers, sequential } from "@tensorflow/tfjs-layers";
 * import { sam, trainedOnBatch } from "@lab/sam-vi/layers";
 * const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2], kernelInitializer: "zeros" })] });
 * model.compile({ optimizer: sam(train.sgd(0.1)), loss: "meanSquaredError", metrics: ["mse"] });
 * await trainedOnBatch(model, ones([4, 2]), ones([4, 1])); // => { loss: 1, mse: 1 }
 * ```
 */
export async function trainedOnBatch(model: LayersModel, x: Fed, y: Fed): Promise<{ readonly [name: string]: number }> {
  const seen = [await model.trainOnBatch(x, y)].flat();
  return Object.fromEntries(model.metricsNames.map((name, i) => [name, seen[i]!]));
}
