import { foldIn, uniformNumbers, type Key } from "@lab/tensor-core";

const WORD = 32n;

/**
 * A whole number, every one of 0 … n − 1 equally likely, of any size: words of 32 random bits, drawn again where they exceed n − 1.
 *
 * @throws RangeError unless n is at least 1
 * @example
 * ```ts
 * import { key } from "@lab/tensor-core";
 * import { uniformWholeNumber } from "@lab/nonident";
 * uniformWholeNumber(key(3), 10n ** 30n) < 10n ** 30n; // => true
 * ```
 */
export function uniformWholeNumber(key: Key, n: bigint): bigint {
  if (n < 1n) throw new RangeError(`Cannot draw a whole number: expected at least 1 to choose from, got ${n}`);
  const bits = BigInt((n - 1n).toString(2).length);
  const words = Number((bits + WORD - 1n) / WORD);
  const spare = BigInt(words) * WORD - bits;
  // Each attempt succeeds with a chance above one half.
  for (let attempt = 0; ; attempt++) {
    const drawn = Array.from(uniformNumbers(foldIn(key, attempt), words)).reduce((number, u) => (number << WORD) | BigInt(u * 2 ** 32), 0n) >> spare;
    if (drawn < n) return drawn;
  }
}
