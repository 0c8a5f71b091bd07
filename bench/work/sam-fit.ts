import { mnist } from "@lab/tensor-core/data";
import { sam } from "@lab/sam-vi/layers";
import { cast, oneHot, reshape, tensor, tidy, train, type Tensor } from "@tensorflow/tfjs-core";
import { initializers, layers, sequential, type Sequential } from "@tensorflow/tfjs-layers";
import type { Contest, Inputs, Settings } from "./contest.ts";

/** Digits and their classes, as probabilities. */
export async function inputs({ batch, batches }: Settings): Promise<Inputs> {
  const { images, labels } = (await mnist({ n: batch! * batches! })).fields;
  return tidy(() => ({
    images: reshape(tensor(images.data, [...images.shape]), [batch! * batches!, 28, 28, 1]),
    classes: cast(oneHot(tensor(labels.data, [...labels.shape], "int32"), 10), "float32"),
  }));
}

/** LeNet, or the perceptron 784-100-10, of layers. */
function model(network: number): Sequential {
  const dense = (units: number, activation: "relu" | "softmax", seed: number) =>
    layers.dense({ units, activation, kernelInitializer: initializers.heNormal({ seed }) });
  if (network === 0) return sequential({ layers: [layers.flatten({ inputShape: [28, 28, 1] }), dense(100, "relu", 1), dense(10, "softmax", 2)] });
  const convolution = (filters: number, padding: "same" | "valid", inputShape?: [number, number, number]) =>
    layers.conv2d({
      filters,
      kernelSize: 5,
      padding,
      activation: "relu",
      kernelInitializer: initializers.heNormal({ seed: filters }),
      ...(inputShape && { inputShape }),
    });
  return sequential({
    layers: [
      convolution(6, "same", [28, 28, 1]),
      layers.maxPooling2d({ poolSize: 2, dataFormat: "channelsLast" }),
      convolution(16, "valid"),
      layers.maxPooling2d({ poolSize: 2, dataFormat: "channelsLast" }),
      layers.flatten(),
      dense(120, "relu", 3),
      dense(84, "relu", 4),
      dense(10, "softmax", 5),
    ],
  });
}

/** One epoch of `fit` an iteration, by momentum, or by SAM around it. */
export function ready({ images, classes }: Inputs, { network, perturbed, batch }: Settings): Contest {
  const trained = model(network!);
  const base = train.momentum(0.01, 0.9);
  trained.compile({ optimizer: perturbed === 1 ? sam(base, { rho: 0.05 }) : base, loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  return {
    values: () => ({ loss: tidy(() => [(trained.evaluate(images!, classes!) as Tensor[])[0]!.dataSync()[0]!]) }),
    async iterate(n) {
      for (let i = 0; i < n; i++) await trained.fit(images!, classes!, { batchSize: batch!, epochs: 1, shuffle: false, verbose: 0, yieldEvery: "never" });
    },
  };
}
