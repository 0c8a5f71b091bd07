import { cast, concat, reshape, slice, tensor1d, unstack, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
import { DOMAIN, hostWords, isHostKey, keyOf, type Key } from "./key.ts";
import { philoxBlock } from "./philox.ts";
import { deviceWords } from "./words.ts";

/**
 * Independent keys, two unless told: key i is words 2i and 2i + 1 of Philox4x32-10 [Salmon2011] in a domain that no draw uses.
 *
 * @throws RangeError unless n is a whole number of at least 1
 * @example
 * ```ts
 * import { key, split } from "@lab/tensor-core";
 * split(key(1), 3).length; // => 3
 * ```
 */
export function split(parent: Key): readonly [Key, Key];
export function split(parent: Key, n: number): readonly Key[];
export function split(parent: Key, n = 2): readonly Key[] {
  if (!(Number.isInteger(n) && n >= 1)) throw new RangeError(`Cannot split a key: expected a whole number of keys of at least 1, got ${n}`);
  if (!isHostKey(parent))
    return unstack(reshape(deviceWords(parent.words as Tensor1D, [0, 0, 0, DOMAIN.split], 2 * n), [n, 2])).map((words) => keyOf(words as Tensor1D));
  const words = hostWords(parent, 2 * n, DOMAIN.split);
  return Array.from({ length: n }, (_, i) => keyOf([words[2 * i]!, words[2 * i + 1]!]));
}

/**
 * The key of a number under a key: for data that come by index, such as epochs and steps.
 *
 * `data` is a whole number in [0, 2³²), or an int32 scalar.
 *
 * @throws RangeError unless `data` is such a number
 * @example
 * ```ts
 * import { foldIn, key, uniform } from "@lab/tensor-core";
 * const [five, six] = [5, 6].map((step) => uniform(foldIn(key(1), step)).dataSync()[0]);
 * five === six; // => false
 * ```
 */
export function foldIn(parent: Key, data: number | Scalar): Key {
  if (typeof data === "number" && !(Number.isInteger(data) && data >= 0 && data < 2 ** 32))
    throw new RangeError(`Cannot fold into a key: expected a whole number in [0, 2^32), got ${data}`);
  if (isHostKey(parent) && typeof data === "number") {
    const [low, high] = philoxBlock([data, 0, 0, DOMAIN.fold], parent.words);
    return keyOf([low, high]);
  }
  const words = isHostKey(parent) ? tensor1d(Int32Array.from(parent.words), "int32") : (parent.words as Tensor1D);
  const first = typeof data === "number" ? tensor1d(Int32Array.of(data), "int32") : reshape(cast(data, "int32"), [1]);
  const counter = concat([first, tensor1d([0, 0, DOMAIN.fold], "int32")]) as Tensor1D;
  return keyOf(slice(deviceWords(words, counter, 4), [0], [2]) as Tensor1D);
}
