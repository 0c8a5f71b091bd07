import type { Tensor2D } from "@tensorflow/tfjs-core";

/** −ln p(token | prefix) of a model trained beforehand, [batch, time], nats. */
export type ReferenceLoss = { readonly referenceLoss: Tensor2D };
