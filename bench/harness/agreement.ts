import type { Values } from "./contestant.ts";

/** How far numbers may differ: |a − b| ≤ absolute + relative · |b|. */
export type Tolerance = { readonly relative: number; readonly absolute: number };

/**
 * Checks that a contestant computes what ours does.
 *
 * @returns the largest difference, as a share of what is tolerated
 * @throws Error naming the first number that differs by more than the tolerance, is not finite, or is missing
 */
export function agreement(name: string, theirs: Values, ours: Values, { relative, absolute }: Tolerance): number {
  const names = [Object.keys(theirs), Object.keys(ours)].map((keys) => keys.toSorted().join(", "));
  if (names[0] !== names[1]) throw new Error(`Cannot compare ${name} with ours: expected the values ${names[1]}, got ${names[0]}`);
  let worst = 0;
  for (const [value, expected] of Object.entries(ours)) {
    const found = theirs[value]!;
    if (found.length !== expected.length)
      throw new Error(`Cannot compare ${name} with ours: expected ${expected.length} numbers of "${value}", got ${found.length}`);
    expected.forEach((b, i) => {
      const a = found[i]!;
      const share = Math.abs(a - b) / (absolute + relative * Math.abs(b));
      // NaN is no agreement.
      if (!(share <= 1))
        throw new Error(`Cannot compare ${name} with ours: expected "${value}" [${i}] within ${relative} relative and ${absolute} absolute of ${b}, got ${a}`);
      worst = Math.max(worst, share);
    });
  }
  return worst;
}
