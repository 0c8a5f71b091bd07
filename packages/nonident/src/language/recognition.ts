import type { Sequence } from "@lab/tensor-core";
import type { NormalForm } from "./context-free.ts";

/** Whether a string is derived, and whether some string that begins so is. */
export type Recognition = { readonly whole: boolean; readonly prefix: boolean };

/** Membership and viable prefixes of a grammar's support, by charts of truth values: no weight of a long string can underflow. */
export function recognition({ size, binary, terminal, empty }: NormalForm): (sequence: Sequence) => Recognition {
  const productive = new Uint8Array(size);
  for (const [left] of terminal) productive[left] = 1;
  for (let changed = true; changed;) {
    changed = false;
    for (const [left, first, second] of binary)
      if (productive[left] === 0 && productive[first] === 1 && productive[second] === 1) {
        productive[left] = 1;
        changed = true;
      }
  }
  // corners[A]: what a derivation from A may begin with, A itself first.
  const corners = Array.from({ length: size }, (_, left) => new Set([left]));
  for (const reached of corners)
    for (const left of reached) for (const [from, first, second] of binary) if (from === left && productive[second] === 1) reached.add(first);
  return (sequence) => {
    const n = sequence.length;
    if (n === 0) return { whole: empty > 0, prefix: empty > 0 || productive[0] === 1 };
    const chart = Array.from({ length: n + 1 }, () => Array.from({ length: n + 1 }, () => new Uint8Array(size)));
    sequence.forEach((symbol, i) => {
      for (const [left, token] of terminal) if (token === symbol) chart[i]![i + 1]![left] = 1;
    });
    for (let width = 2; width <= n; width++)
      for (let i = 0; i + width <= n; i++) {
        const span = chart[i]![i + width]!;
        for (let k = i + 1; k < i + width; k++)
          for (const [left, first, second] of binary) span[left]! |= chart[i]![k]![first]! & chart[k]![i + width]![second]!;
      }
    // begun[i][A]: some string of A begins with all of xᵢ … xₙ₋₁.
    const begun: Uint8Array[] = [];
    for (let i = n - 1; i >= 0; i--) {
      const direct = new Uint8Array(size);
      if (i === n - 1) for (const [left, token] of terminal) if (token === sequence[i]) direct[left] = 1;
      for (let k = i + 1; k < n; k++) for (const [left, first, second] of binary) direct[left]! |= chart[i]![k]![first]! & begun[k]![second]!;
      begun[i] = Uint8Array.from(corners, (reached) => Number([...reached].some((under) => direct[under] === 1)));
    }
    return { whole: chart[0]![n]![0] === 1, prefix: begun[0]![0] === 1 };
  };
}
