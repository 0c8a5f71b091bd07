import { Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { philox } from "./philox.ts";

declare const keyBrand: unique symbol;

/**
 * A value, not a stream: the same key always draws the same numbers, on every engine, in and out of `jit`. Use each key once.
 *
 * 64 bits, as two unsigned words; inside a traced function they are an int32 tensor [2], so that draws follow the key of each call.
 */
export type Key = { readonly kind: "key"; readonly words: readonly [low: number, high: number] | Tensor1D } & { readonly [keyBrand]: true };

/** A key whose words are numbers: every key outside a traced function. */
export type HostKey = Key & { readonly words: readonly [number, number] };

/**
 * Whether a value is a `Key`.
 *
 * @example
 * ```ts
 * import { isKey, key } from "@lab/tensor-core";
 * [key(0), 0].map(isKey); // => [ true, false ]
 * ```
 */
export function isKey(value: unknown): value is Key {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "key" && "words" in value;
}

/** Whether a key's words are numbers, not a tensor. */
export function isHostKey(value: Key): value is HostKey {
  return !(value.words instanceof Tensor);
}

/** The key with these words, low word first. */
export function keyOf(words: readonly [number, number] | Tensor1D): Key {
  return Object.freeze({ kind: "key", words: words instanceof Tensor ? words : Object.freeze([words[0] >>> 0, words[1] >>> 0]) }) as Key;
}

/**
 * The key of a seed: a whole number in [0, 2⁵³).
 *
 * @throws RangeError unless `seed` is such a number
 * @example
 * ```ts
 * import { key } from "@lab/tensor-core";
 * key(7).words; // => [ 7, 0 ]
 * ```
 */
export function key(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`Cannot seed a key: expected a whole number in [0, 2^53), got ${seed}`);
  return keyOf([seed % 2 ** 32, Math.floor(seed / 2 ** 32)]);
}

/** Counters are divided by their last word, so that drawing, splitting and folding never share a block. */
export const DOMAIN = { draw: 0, split: 1, fold: 2 } as const;

/** `n` words of a domain on the host: word i is word i mod 4 of block ⌊i/4⌋. */
export function hostWords({ words: [low, high] }: HostKey, n: number, domain: number): Uint32Array {
  const out = new Uint32Array(n);
  philox(low, high, domain, out);
  return out;
}
