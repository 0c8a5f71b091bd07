import { DOMAIN, hostWords, isHostKey, type Key } from "../random/key.ts";

/**
 * The indices 0 … n − 1 in the random order of a key, on the host: every order is equally likely.
 *
 * @throws TypeError inside a traced function, where a key has no numbers: use `permutation` there
 * @example
 * ```ts
 * import { key } from "@lab/tensor-core";
 * import { shuffled } from "@lab/tensor-core/data";
 * shuffled(key(0), 5).toSorted(); // => Int32Array(5) [ 0, 1, 2, 3, 4 ]
 * ```
 */
export function shuffled(key: Key, n: number): Int32Array {
  if (!isHostKey(key)) throw new TypeError("Cannot shuffle on the host: expected a key of numbers, got a traced one");
  const words = hostWords(key, 2 * n, DOMAIN.draw);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    // 53 random bits: the bias of rounding to a whole number is below 2⁻²¹ even for n = 2³².
    const unit = (words[2 * i]! * 2 ** 21 + (words[2 * i + 1]! >>> 11)) / 2 ** 53;
    const j = Math.floor(unit * (i + 1));
    const other = order[j]!;
    order[j] = order[i]!;
    order[i] = other;
  }
  return order;
}
