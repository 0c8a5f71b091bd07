import { DOMAIN, hostWords, isHostKey, type Key } from "./key.ts";

/**
 * u ~ U[0, 1) as plain numbers, k/2³² with k a word of Philox4x32-10 [Salmon2011]: for draws of the number world. Another reading of the words that `uniform` reads: use a key for one of them.
 *
 * @throws TypeError for a key of a traced function; RangeError unless n is a whole number of at least 0
 * @example
 * ```ts
 * import { key, uniformNumbers } from "@lab/tensor-core";
 * [...uniformNumbers(key(0), 2)].map((u) => u.toFixed(6)); // => [ '0.399046', '0.880520' ]
 * ```
 */
export function uniformNumbers(key: Key, n: number): Float64Array {
  if (!isHostKey(key)) throw new TypeError("Cannot draw numbers: expected a key whose words are numbers, got one of a traced function");
  if (!(Number.isInteger(n) && n >= 0)) throw new RangeError(`Cannot draw numbers: expected a whole number of at least 0, got ${n}`);
  return Float64Array.from(hostWords(key, n, DOMAIN.draw), (word) => word / 2 ** 32);
}
