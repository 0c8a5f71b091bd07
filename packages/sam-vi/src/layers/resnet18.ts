import { initializers, input, layers, model, type LayersModel, type SymbolicTensor } from "@tensorflow/tfjs-layers";

/**
 * ResNet-18 for small images [He2016, Table 1]: a 3 × 3 stem without pooling, then two residual blocks at each of 1, 2, 4 and 8 times `width`; softmax.
 *
 * [batch, side, side, channel] → probabilities [batch, class]. 11 173 962 trained weights at width 64 for ten classes. The batch normalisation is updated once a step
 * by the optimizers here.
 *
 * @throws RangeError unless classes and width are whole numbers ≥ 1
 * @example
 * ```ts
 * import { zeros, type Tensor } from "@tensorflow/tfjs-core";
 * import { resnet18 } from "@lab/sam-vi/layers";
 * const probabilities = resnet18({ width: 4 }).predict(zeros([1, 32, 32, 3])) as Tensor;
 * probabilities.shape; // => [ 1, 10 ]
 * ```
 */
export function resnet18({
  classes = 10,
  width = 64,
  image = [32, 32, 3],
  seed = 0,
}: {
  readonly classes?: number;
  readonly width?: number;
  readonly image?: readonly [height: number, width: number, channels: number];
  /** Of the initial weights. */
  readonly seed?: number;
} = {}): LayersModel {
  for (const [name, value] of Object.entries({ classes, width }))
    if (!(Number.isInteger(value) && value >= 1))
      throw new RangeError(`Cannot lay out a ResNet: expected ${name} to be a whole number of at least 1, got ${value}`);
  const x = input({ shape: [...image] });
  const stages = [1, 2, 4, 8].flatMap((times, stage) => [
    { filters: times * width, stride: stage === 0 ? 1 : 2 },
    { filters: times * width, stride: 1 },
  ]);
  let drawn = seed * 100;
  const convolved = (h: SymbolicTensor, filters: number, { window = 3, stride = 1 }: { window?: number; stride?: number } = {}): SymbolicTensor => {
    const kernelInitializer = initializers.heNormal({ seed: drawn++ });
    const convolution = layers.conv2d({ filters, kernelSize: window, strides: stride, padding: "same", useBias: false, kernelInitializer });
    return applied(layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }), applied(convolution, h));
  };
  const block = (h: SymbolicTensor, { filters, stride }: { filters: number; stride: number }): SymbolicTensor => {
    const inner = convolved(rectified(convolved(h, filters, { stride })), filters);
    const shortcut = stride === 1 && h.shape.at(-1) === filters ? h : convolved(h, filters, { window: 1, stride });
    return rectified(layers.add().apply([inner, shortcut]) as SymbolicTensor);
  };
  const features = stages.reduce(block, rectified(convolved(x, width)));
  const pooled = applied(layers.globalAveragePooling2d({ dataFormat: "channelsLast" }), features);
  const head = layers.dense({ units: classes, activation: "softmax", kernelInitializer: initializers.glorotUniform({ seed: drawn }) });
  return model({ inputs: x, outputs: applied(head, pooled) });
}

function rectified(h: SymbolicTensor): SymbolicTensor {
  return applied(layers.reLU(), h);
}

/** A layer on one tensor gives one tensor. */
function applied(layer: { apply(x: SymbolicTensor): unknown }, x: SymbolicTensor): SymbolicTensor {
  return layer.apply(x) as SymbolicTensor;
}
