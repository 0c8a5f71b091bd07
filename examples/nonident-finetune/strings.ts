import { slice, tensor2d, type Scalar, type Tensor2D } from "@tensorflow/tfjs-core";
import { softmaxCrossEntropy, type Decoder } from "@lab/tensor-core";
import type { FiniteGrammar } from "@lab/nonident";

/** a, b, the end, which also fills a row, and the start. */
export const VOCABULARY = 4;
const [END, START] = [2, 3];

/** All strings of a language, a row each: the start, the string, ends to the row's length. */
export function rowsOf({ sequences }: FiniteGrammar, length: number): Tensor2D {
  const rows = sequences.map((sequence) => [START, ...sequence, ...Array<number>(length - 1 - sequence.length).fill(END)]);
  return tensor2d(rows, [rows.length, length], "int32");
}

/** Nats per position of what follows each token. */
export function lossOn(model: Decoder, params: Parameters<Decoder["apply"]>[0], rows: Tensor2D): Scalar {
  const [count, length] = rows.shape;
  return softmaxCrossEntropy(model.apply(params, slice(rows, [0, 0], [count, length - 1])), slice(rows, [0, 1], [count, length - 1]));
}
