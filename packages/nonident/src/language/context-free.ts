import type { Token } from "@lab/tensor-core";

/** A symbol of a rule: a token, or the name of a nonterminal. */
export type GrammarSymbol = Token | string;
/** left → right, with a weight. */
export type Production = { readonly left: string; readonly right: readonly GrammarSymbol[]; readonly weight?: number };
/** A context-free grammar; its alphabet is every token of a right side. */
export type ContextFree = { readonly start: string; readonly productions: readonly Production[] };

/** A grammar of rules A → B C and A → v alone, with the weight of the empty string apart: the weights of all other strings are kept. */
export type NormalForm = {
  /** How many nonterminals; the first is the start. */
  readonly size: number;
  readonly alphabet: readonly Token[];
  /** [left, first, second, weight] */
  readonly binary: readonly (readonly [number, number, number, number])[];
  /** [left, token, weight] */
  readonly terminal: readonly (readonly [number, Token, number])[];
  /** The weight of the empty string from the start. */
  readonly empty: number;
};

const ROUNDS = 100_000;
const SETTLED = 1e-15;

/** The least fixed point of x = f(x) from 0, by iteration; refused where it does not settle. */
export function leastFixedPoint(size: number, next: (x: Float64Array) => Float64Array): Float64Array {
  let x = new Float64Array(size);
  for (let round = 0; round < ROUNDS; round++) {
    const y = next(x);
    const change = y.reduce((most, value, i) => Math.max(most, Math.abs(value - x[i]!) / Math.max(1, value)), 0);
    x = Float64Array.from(y);
    if (change <= SETTLED) return x;
    if (!(change < Infinity)) break;
  }
  throw new RangeError("Cannot normalise a grammar: expected weights whose sums over derivations are finite");
}

/**
 * (I − M)⁻¹ = I + M + M² + … by Gauss–Jordan elimination over the star semiring, of a matrix of weights that are not negative; refused where the series diverges.
 */
export function closure(matrix: readonly Float64Array[]): readonly Float64Array[] {
  const m = matrix.map((row) => row.slice());
  for (let k = 0; k < m.length; k++) {
    const loop = m[k]![k]!;
    if (!(loop < 1)) throw new RangeError("Cannot normalise a grammar: expected weights whose sums over derivations are finite");
    const star = 1 / (1 - loop);
    const [row, column] = [m[k]!.slice(), m.map((r) => r[k]!)];
    m.forEach((r, i) => row.forEach((x, j) => (r[j]! += column[i]! * star * x)));
  }
  m.forEach((row, i) => (row[i]! += 1));
  return m;
}

/**
 * Chomsky's normal form with the weight of every string kept: long rules are cut in two, empty derivations are summed into ε-weights e(A), unit rules are
 * closed by (I − U)⁻¹ [Goodman1999].
 *
 * @throws RangeError for no productions of the start or of a nonterminal that is used, negative weights, or sums over derivations that are not finite
 * @example
 * ```ts
 * import { normalForm } from "@lab/nonident";
 * const { size, empty } = normalForm({ start: "S", productions: [{ left: "S", right: [0, "S", 1] }, { left: "S", right: [] }] });
 * [size, empty]; // => [ 4, 1 ]
 * ```
 */
export function normalForm({ start, productions }: ContextFree): NormalForm {
  const names = new Map<string, number>([[start, 0]]);
  const named = (name: string): number => {
    const known = names.get(name);
    if (known !== undefined) return known;
    names.set(name, names.size);
    return names.size - 1;
  };
  const lefts = new Set(productions.map(({ left }) => left));
  for (const symbol of [start, ...productions.flatMap(({ right }) => right)])
    if (typeof symbol === "string" && !lefts.has(symbol)) throw new RangeError(`Cannot normalise a grammar: expected a production of ${symbol}, got none`);
  const tokens = new Set<Token>();
  const rules: (readonly [left: number, right: readonly number[], weight: number])[] = [];
  const terminal: (readonly [number, Token, number])[] = [];
  const standing = (token: Token): number => {
    const before = names.size;
    const left = named(`\0${token}`);
    if (names.size > before) terminal.push([left, token, 1]);
    return left;
  };
  productions.forEach(({ left, right, weight = 1 }, rule) => {
    if (!(weight >= 0 && Number.isFinite(weight))) throw new RangeError(`Cannot normalise a grammar: expected weights of at least 0, got ${weight}`);
    for (const symbol of right) if (typeof symbol === "number") tokens.add(symbol);
    const [only] = right;
    if (right.length === 1 && typeof only === "number") {
      terminal.push([named(left), only, weight]);
      return;
    }
    const symbols = right.map((symbol) => (typeof symbol === "number" ? standing(symbol) : named(symbol)));
    let [from, share] = [named(left), weight];
    for (let i = 0; i + 2 < symbols.length; i++) {
      const rest = named(`\0${rule} ${i}`);
      rules.push([from, [symbols[i]!, rest], share]);
      [from, share] = [rest, 1];
    }
    rules.push([from, symbols.slice(-2), share]);
  });
  const size = names.size;
  const empties = leastFixedPoint(size, (x) => {
    const y = new Float64Array(size);
    for (const [left, right, weight] of rules) y[left]! += right.reduce((product, symbol) => product * x[symbol]!, weight);
    return y;
  });
  const units = Array.from({ length: size }, () => new Float64Array(size));
  for (const [left, [first, second], weight] of rules) {
    if (first === undefined) continue;
    if (second === undefined) units[left]![first]! += weight;
    else {
      units[left]![first]! += weight * empties[second]!;
      units[left]![second]! += weight * empties[first]!;
    }
  }
  const closed = closure(units);
  const above = (under: number): readonly (readonly [number, number])[] =>
    closed.flatMap((row, left) => (row[under]! > 0 ? [[left, row[under]!] as const] : []));
  return {
    size,
    alphabet: [...tokens].sort((x, y) => x - y),
    binary: rules.flatMap(([under, [first, second], weight]) =>
      first === undefined || second === undefined || weight === 0 ? [] : above(under).map(([left, share]) => [left, first, second, weight * share] as const),
    ),
    terminal: terminal.flatMap(([under, token, weight]) => (weight === 0 ? [] : above(under).map(([left, share]) => [left, token, weight * share] as const))),
    empty: empties[0]!,
  };
}
