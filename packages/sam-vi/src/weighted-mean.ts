import { add, scale, type Tree } from "@lab/tensor-core";

/** Σᵢ wᵢ xᵢ over trees; a single one is itself, bit for bit. */
export function weightedMean<T extends Tree>(terms: readonly { readonly value: T; readonly weight: number }[]): T {
  if (terms.length === 1) return terms[0]!.value;
  return terms.map(({ value, weight }) => scale(weight, value)).reduce((a, b) => add(a, b));
}
