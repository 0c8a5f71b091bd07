import type { Sequence } from "@lab/tensor-core";
import { closure, leastFixedPoint, type NormalForm } from "./context-free.ts";

/** `chart[i][j][A]`: of nonterminal A over symbols i … j − 1. */
export type Chart = readonly (readonly Float64Array[])[];

const blank = (n: number, size: number): Float64Array[][] => Array.from({ length: n + 1 }, () => Array.from({ length: n + 1 }, () => new Float64Array(size)));

/**
 * β(A, i, j) = Σ weights of derivations A ⇒ xᵢ … xⱼ₋₁: the inside algorithm, O(n³) [Lari1990]. The weight of the string itself is `chart[0][n][0]`, of the
 * empty one `grammar.empty`.
 *
 * @example
 * ```ts
 * import { inside, normalForm } from "@lab/nonident";
 * const grammar = normalForm({ start: "S", productions: [{ left: "S", right: ["S", "S"], weight: 0.4 }, { left: "S", right: [0], weight: 0.6 }] });
 * // Two binary trees of three leaves: 2 · 0.4² · 0.6³.
 * inside(grammar, [0, 0, 0])[0]![3]![0]!.toFixed(5); // => '0.06912'
 * ```
 */
export function inside({ size, binary, terminal }: NormalForm, sequence: Sequence): Chart {
  const n = sequence.length;
  const chart = blank(n, size);
  sequence.forEach((symbol, i) => {
    for (const [left, token, weight] of terminal) if (token === symbol) chart[i]![i + 1]![left]! += weight;
  });
  for (let width = 2; width <= n; width++)
    for (let i = 0; i + width <= n; i++) {
      const span = chart[i]![i + width]!;
      for (let k = i + 1; k < i + width; k++)
        for (const [left, first, second, weight] of binary) span[left]! += weight * chart[i]![k]![first]! * chart[k]![i + width]![second]!;
    }
  return chart;
}

/**
 * α(A, i, j) = Σ weights of derivations S ⇒ x₀ … xᵢ₋₁ A xⱼ … xₙ₋₁: the outside algorithm [Lari1990]. α(A, i, j) β(A, i, j) over the weight of the string is
 * the posterior number of A's over the span.
 *
 * @example
 * ```ts
 * import { inside, normalForm, outside } from "@lab/nonident";
 * const grammar = normalForm({ start: "S", productions: [{ left: "S", right: ["S", "S"], weight: 0.4 }, { left: "S", right: [0], weight: 0.6 }] });
 * const chart = inside(grammar, [0, 0, 0]);
 * // Every leaf is an S.
 * [0, 1, 2].map((i) => (outside(grammar, [0, 0, 0], chart)[i]![i + 1]![0]! * chart[i]![i + 1]![0]!) / chart[0]![3]![0]!).map((x) => x.toFixed(6)); // => [ '1.000000', '1.000000', '1.000000' ]
 * ```
 */
export function outside({ size, binary }: NormalForm, sequence: Sequence, chart: Chart): Chart {
  const n = sequence.length;
  const result = blank(n, size);
  if (n > 0) result[0]![n]![0] = 1;
  for (let width = n; width >= 2; width--)
    for (let i = 0; i + width <= n; i++)
      for (let k = i + 1; k < i + width; k++)
        for (const [left, first, second, weight] of binary) {
          const share = weight * result[i]![i + width]![left]!;
          if (share === 0) continue;
          result[i]![k]![first]! += share * chart[k]![i + width]![second]!;
          result[k]![i + width]![second]! += share * chart[i]![k]![first]!;
        }
  return result;
}

/** What every prefix shares: totals and the closure of left corners. */
export type LeftCorners = { readonly totals: Float64Array; readonly corners: readonly Float64Array[] };

/** Z(A) = Σ weights of all strings of A but the empty one, and (I − L)⁻¹ of L(A, B) = Σ_C w(A → B C) Z(C). */
export function leftCorners({ size, binary, terminal }: NormalForm): LeftCorners {
  const totals = leastFixedPoint(size, (x) => {
    const y = new Float64Array(size);
    for (const [left, , weight] of terminal) y[left]! += weight;
    for (const [left, first, second, weight] of binary) y[left]! += weight * x[first]! * x[second]!;
    return y;
  });
  const corners = Array.from({ length: size }, () => new Float64Array(size));
  for (const [left, first, second, weight] of binary) corners[left]![first]! += weight * totals[second]!;
  return { totals, corners: closure(corners) };
}

/**
 * Σ weights of strings that begin with x: prefix probabilities by left corners, O(n³) [Jelinek1991]; of the empty prefix the weight of all strings.
 *
 * @throws RangeError where the sums over derivations are not finite
 * @example
 * ```ts
 * import { normalForm, prefixWeight } from "@lab/nonident";
 * const grammar = normalForm({ start: "S", productions: [{ left: "S", right: [0, "S", 1], weight: 0.5 }, { left: "S", right: [0, 1], weight: 0.5 }] });
 * [[], [0], [0, 0], [0, 1], [1]].map((prefix) => prefixWeight(grammar, prefix).toFixed(6)); // => [ '1.000000', '1.000000', '0.500000', '0.500000', '0.000000' ]
 * ```
 */
export function prefixWeight(grammar: NormalForm, sequence: Sequence, { totals, corners }: LeftCorners = leftCorners(grammar)): number {
  const { size, binary, terminal, empty } = grammar;
  const n = sequence.length;
  if (n === 0) return totals[0]! + empty;
  const chart = inside(grammar, sequence);
  const spread = (direct: Float64Array): Float64Array =>
    Float64Array.from(corners, (row) => row.reduce((sum, share, under) => sum + share * direct[under]!, 0));
  // begun[i][A]: the weight of A's strings that begin with all of xᵢ … xₙ₋₁.
  const begun: Float64Array[] = [];
  for (let i = n - 1; i >= 0; i--) {
    const direct = new Float64Array(size);
    if (i === n - 1) for (const [left, token, weight] of terminal) if (token === sequence[i]) direct[left]! += weight;
    for (let k = i + 1; k < n; k++) for (const [left, first, second, weight] of binary) direct[left]! += weight * chart[i]![k]![first]! * begun[k]![second]!;
    begun[i] = spread(direct);
  }
  return begun[0]![0]!;
}
