export { batches, type BatchesOptions, type ShuffledBatches } from "./batches.ts";
export { cifar10, CIFAR10_CHANNELS, type Cifar10Options, type ColourImages } from "./cifar10.ts";
export { at, dataset, fullBatch, partition, subset, take, type Batch, type Dataset } from "./dataset.ts";
export { CorruptFileError, idx } from "./idx.ts";
export { mnist, MNIST_DEVIATION, MNIST_MEAN, MNIST_SHA256, type LabelledImages, type MnistOptions } from "./mnist.ts";
export { shuffled } from "./shuffled.ts";
