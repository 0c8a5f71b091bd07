import type { Token } from "@lab/tensor-core";
import { automaton } from "./automaton.ts";
import type { FiniteGrammar } from "./grammar.ts";
import { listed } from "./listed.ts";

/** n, once known, and how many symbols were read: the first block fixes n, the rest is determined. */
type Read = { readonly n: number | undefined; readonly length: number };

/** { s₁ⁿ s₂ⁿ … sₖⁿ : 1 ≤ n ≤ largest }; neighbouring symbols must differ. */
export function runs(symbols: readonly Token[], { largest }: { readonly largest: number }): FiniteGrammar {
  if (!(Number.isInteger(largest) && largest >= 1)) throw new RangeError(`Cannot bound a language: expected a largest n of at least 1, got ${largest}`);
  const language = automaton<Read>({
    alphabet: [...new Set(symbols)],
    start: { n: undefined, length: 0 },
    next({ n, length }, token) {
      if (n !== undefined) return symbols[Math.floor(length / n)] === token ? { n, length: length + 1 } : undefined;
      if (token === symbols[0]) return length < largest ? { n, length: length + 1 } : undefined;
      return length >= 1 && token === symbols[1] ? { n: length, length: length + 1 } : undefined;
    },
    accepts: ({ n, length }) => n !== undefined && length === symbols.length * n,
    name: ({ n, length }) => `${n} ${length}`,
  });
  const sequences = Array.from({ length: largest }, (_, i) => symbols.flatMap((symbol) => new Array<Token>(i + 1).fill(symbol)));
  return listed(language, sequences);
}
