import { adam, descent, key, lenet, softmaxCrossEntropy, type LenetParams } from "@lab/tensor-core";
import { reshape, type Tensor } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";
import { training } from "./descent.ts";
import { digits } from "./mlp.ts";
import { asInputs, parametersOf } from "./parameters.ts";

const network = lenet();
type Batch = { readonly x: Tensor; readonly y: Tensor };

export async function inputs({ batch }: Settings): Promise<Inputs> {
  const { x, y } = await digits(batch!);
  return { x: reshape(x, [batch!, 28, 28, 1]), y, ...asInputs(network.init(key(0))) };
}

/** One step of Adam on a fixed batch. */
export function ready(given: Inputs, { learningRate, checkedSteps, xla }: Settings): Contest {
  const algorithm = descent((params: LenetParams, { x, y }: Batch) => softmaxCrossEntropy(network.apply(params, x), y), { transform: adam(learningRate!) });
  const { x, y } = given as { x: Tensor; y: Tensor };
  return training(algorithm, { params: parametersOf(given, () => network.init(key(0))), batch: { x, y }, checkedSteps: checkedSteps!, xla: xla === 1 });
}
