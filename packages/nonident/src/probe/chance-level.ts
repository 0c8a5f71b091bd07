/** φ², φ the golden ratio. */
const GOLDEN = ((1 + Math.sqrt(5)) / 2) ** 2;

function wholeDeficit(deficit: number): void {
  if (!(Number.isInteger(deficit) && deficit >= 0)) throw new RangeError(`Cannot find a chance level: expected a whole number of at least 0, got ${deficit}`);
}

/**
 * (1 ± ⅓)/2: the chance that symbols drawn evenly from any alphabet with an a, and an end, until the end leave an even number of a's, of a prompt that has `count`;
 * E (−1)^#a = (1/s)/(1 − (s − 3)/s) = ⅓ for every number of symbols s. R1 of bα: half of all prompts each, on average ½.
 *
 * @throws RangeError unless the count is a whole number of at least 0
 * @example
 * ```ts
 * import { evenByChance } from "@lab/nonident";
 * [evenByChance(0), evenByChance(1)].map((x) => x.toFixed(4)); // => [ '0.6667', '0.3333' ]
 * ```
 */
export function evenByChance(count: number): number {
  wholeDeficit(count);
  return count % 2 === 0 ? 2 / 3 : 1 / 3;
}

/**
 * ¾ or ½: the chance that symbols drawn evenly from any alphabet with an a and a b, and an end, until the end leave an even number of a's after the last b, of a prompt
 * that has `count` there. From e = (1 + o + e + (s − 3) e)/s for even and o = (2 e + (s − 3) o)/s for odd, whatever s. R1 of bⁿa²ᵐ.
 *
 * @throws RangeError unless the count is a whole number of at least 0
 * @example
 * ```ts
 * import { evenAtEndByChance } from "@lab/nonident";
 * [evenAtEndByChance(2), evenAtEndByChance(3)]; // => [ 0.75, 0.5 ]
 * ```
 */
export function evenAtEndByChance(count: number): number {
  wholeDeficit(count);
  return count % 2 === 0 ? 3 / 4 : 1 / 2;
}

/**
 * 1/(k + 1): the chance that a completion of symbols drawn evenly from k letters and an end begins with a given letter. R2 of bα on the completion: ⅓.
 *
 * @throws RangeError unless there is at least one letter
 * @example
 * ```ts
 * import { beginsByChance } from "@lab/nonident";
 * beginsByChance(2).toFixed(4); // => '0.3333'
 * ```
 */
export function beginsByChance(letters: number): number {
  if (!(Number.isInteger(letters) && letters >= 1)) throw new RangeError(`Cannot find a chance level: expected at least 1 letter, got ${letters}`);
  return 1 / (letters + 1);
}

/**
 * r₁(N) = Σₘ C(N + 2m, m)/3^(N + 2m + 1) = φ^(−2N)/√5: the chance that symbols drawn evenly from {a, b, end} until the end make up a deficit of N = |#a − #b|.
 *
 * @throws RangeError unless the deficit is a whole number of at least 0
 * @example
 * ```ts
 * import { balancedByChance } from "@lab/nonident";
 * [0, 1, 2, 3].map((deficit) => balancedByChance(deficit).toFixed(10)); // => [ '0.4472135955', '0.1708203932', '0.0652475842', '0.0249223595' ]
 * ```
 */
export function balancedByChance(deficit: number): number {
  wholeDeficit(deficit);
  return GOLDEN ** -deficit / Math.sqrt(5);
}

/**
 * P(the completion keeps an order) = Σᵢ C(i + k − 1, k − 1)/(k + 1)^(i + 1) = ((k + 1)/k)^k/(k + 1): symbols drawn evenly from k letters and an end until the
 * end are sorted, s₁ before s₂ before … before s_k.
 *
 * Of two letters 3/4, of three 16/27; with a letter more to draw, which may not occur, other values: 4/9 is Σᵢ (i + 1)/4^(i + 1), of two letters among four symbols.
 *
 * @throws RangeError unless there is at least one letter, and no fewer symbols than letters and an end
 * @example
 * ```ts
 * import { orderedByChance } from "@lab/nonident";
 * [orderedByChance(2), orderedByChance(2, { symbols: 4 }), orderedByChance(3)].map((x) => x.toFixed(4)); // => [ '0.7500', '0.4444', '0.5926' ]
 * ```
 */
export function orderedByChance(letters: number, { symbols = letters + 1 }: { readonly symbols?: number } = {}): number {
  if (!(Number.isInteger(letters) && letters >= 1 && Number.isInteger(symbols) && symbols > letters))
    throw new RangeError(`Cannot find a chance level: expected at least 1 letter and more symbols than letters, got ${letters} and ${symbols}`);
  // Σᵢ C(i + k − 1, k − 1) xⁱ = (1 − x)^(−k) at x = 1/symbols.
  return (1 - 1 / symbols) ** -letters / symbols;
}

/**
 * Σₘ C(N₁ + N₂ + 3m, N₁ + m) C(N₂ + 2m, m)/4^(N₁ + N₂ + 3m + 1): the chance that symbols drawn evenly from {a, b, c, end} until the end leave equally many of all
 * three, N₁ and N₂ what two of them lack beside the commonest.
 *
 * @throws RangeError unless both deficits are whole numbers of at least 0
 * @example
 * ```ts
 * import { equalByChance } from "@lab/nonident";
 * equalByChance(0, 0) > equalByChance(0, 1) && equalByChance(0, 1) > equalByChance(1, 1); // => true
 * ```
 */
export function equalByChance(first: number, second: number): number {
  [first, second].forEach(wholeDeficit);
  let sum = 0;
  // Terms fall off as (27/64)ᵐ: what is left after two hundred is below the rounding.
  for (let m = 0; m < 200; m++) {
    const counts = [m, first + m, second + m];
    const length = first + second + 3 * m;
    sum += Math.exp(logFactorial(length) - counts.reduce((total, count) => total + logFactorial(count), 0) - (length + 1) * Math.log(4));
  }
  return sum;
}

/**
 * φ^(−2(n + 1)): the chance that symbols drawn evenly from an opening and a closing bracket, an end and any others until the end close n open brackets, and
 * balance all that they open. With f the chance to ever close one more than is opened, f = x + u f + x f² at x = 1/s and u = (s − 3)/s, so f² − 3f + 1 = 0 for every
 * number of symbols s, and the end comes like one more closing bracket.
 *
 * Of one open bracket (7 − 3√5)/2 = 0.1459, where a published plot has 0.1273, which counts 2i + 1 brackets by the i-th Catalan number instead of the next.
 *
 * @throws RangeError unless the number of open brackets is a whole number of at least 0
 * @example
 * ```ts
 * import { nestedByChance } from "@lab/nonident";
 * [0, 1].map((open) => nestedByChance(open).toFixed(10)); // => [ '0.3819660113', '0.1458980338' ]
 * ```
 */
export function nestedByChance(open: number): number {
  wholeDeficit(open);
  return GOLDEN ** -(open + 1);
}

function logFactorial(n: number): number {
  let sum = 0;
  for (let i = 2; i <= n; i++) sum += Math.log(i);
  return sum;
}
