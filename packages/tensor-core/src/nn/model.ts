import type { Tensor } from "@tensorflow/tfjs-core";
import type { Key } from "../random/key.ts";
import type { Params } from "../tree/tree.ts";

/** A family of functions with parameters: where they start, and what they do. Two pure functions over plain records; layers and whole networks alike. */
export interface Model<P extends Params, Input = Tensor, Output = Tensor> {
  init(key: Key): P;
  apply(params: P, input: Input): Output;
}
