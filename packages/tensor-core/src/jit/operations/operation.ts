import { tensor, type Tensor } from "@tensorflow/tfjs-core";
import { hostWords, key, type HostKey } from "../../random/key.ts";

/** Values for one argument, by the number of the draw: another number gives other values of the same shape and dtype. */
export type Values = (draw: number) => Tensor;

/** An operation, or a few of them, as the packages use it. */
export type Operation = {
  readonly inputs: readonly Values[];
  // oxlint-disable-next-line typescript/no-explicit-any -- each operation asks for tensors of ranks of its own
  readonly f: (...xs: any[]) => Tensor | readonly Tensor[];
  /** The longest sum behind one element of a result or of a gradient: its rounding grows with it. */
  readonly terms?: number;
  /** The largest of those terms in absolute value, where it is above one. */
  readonly largest?: number;
  /** Which float arguments are differentiated: by default none. */
  readonly gradient?: "every" | readonly number[];
  /** Why XLA does not compile it: TensorFlow's own kernels run. */
  readonly withoutXla?: string;
};

/** Operations by the sentence's object: "jit() equals matMul with a transposed operand". */
export type Operations = { readonly [name: string]: Operation };

function words(shape: readonly number[], salt: number, draw: number): Uint32Array {
  return hostWords(
    key(1 + salt * 1000 + draw) as HostKey,
    shape.reduce((n, d) => n * d, 1),
    0,
  );
}

/** Uniform floats in [min, max). */
export function floats(shape: readonly number[], { min = -1, max = 1, salt = 0 }: { min?: number; max?: number; salt?: number } = {}): Values {
  return (draw) =>
    tensor(
      Float32Array.from(words(shape, salt, draw), (w) => min + ((max - min) * w) / 2 ** 32),
      [...shape],
    );
}

/** Whole numbers in [min, max). */
export function integers(shape: readonly number[], { min = 0, max = 5, salt = 0 }: { min?: number; max?: number; salt?: number } = {}): Values {
  return (draw) =>
    tensor(
      Int32Array.from(words(shape, salt, draw), (w) => min + (w % (max - min))),
      [...shape],
      "int32",
    );
}

export function booleans(shape: readonly number[], { salt = 0 }: { salt?: number } = {}): Values {
  return (draw) =>
    tensor(
      Uint8Array.from(words(shape, salt, draw), (w) => w >>> 31),
      [...shape],
      "bool",
    );
}

/** Distinct whole floats in an order that the draw decides: no two elements tie. */
export function distinct(shape: readonly number[], { salt = 0 }: { salt?: number } = {}): Values {
  return (draw) => {
    const order = [...words(shape, salt, draw)].map((w, i) => [w, i] as const).toSorted(([a], [b]) => a - b);
    return tensor(
      Float32Array.from(order, ([, i]) => i / 4 - 2),
      [...shape],
    );
  };
}
