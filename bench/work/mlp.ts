import { jit, key, mlp, norm, own, readSync, scoped, softmaxCrossEntropy, tensors, valueAndGrad } from "@lab/tensor-core";
import { mnist } from "@lab/tensor-core/data";
import { reshape, tanh, tensor, type Tensor } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";
import { asInputs, parametersOf } from "./parameters.ts";

const network = mlp([784, 100, 10], { activation: tanh });

/** The first `n` training digits as rows. */
export async function digits(n: number): Promise<{ readonly x: Tensor; readonly y: Tensor }> {
  const { images, labels } = (await mnist({ n })).fields;
  return { x: tensor(images.data, [n, 784]), y: tensor(labels.data, [n], "int32") };
}

export async function inputs({ n }: Settings): Promise<Inputs> {
  return { ...(await digits(n!)), ...asInputs(network.init(key(0))) };
}

/** Value and gradient of an MLP's mean cross-entropy on one batch. */
export function ready(given: Inputs, { xla }: Settings): Contest {
  const { x, y } = given as { x: Tensor; y: Tensor };
  const params = parametersOf(given, () => network.init(key(0)));
  const evaluate = (at: typeof params, images: Tensor, labels: Tensor) =>
    valueAndGrad((p: typeof params) => softmaxCrossEntropy(network.apply(p, images), labels))(at);
  const step = jit(evaluate, { xla: xla === 1 });
  return {
    values() {
      using result = own(() => {
        const { value, grad } = step(params, x, y);
        return { value: reshape(value, [1]), norms: tensors(grad).map((g) => norm({ g })) };
      });
      const { value, norms } = readSync(result.value);
      return { loss: [...value.data], "gradient norms": norms.map((each) => each.data[0]!) };
    },
    iterate(n) {
      for (let i = 0; i < n; i++) scoped(() => void step(params, x, y));
    },
  };
}
