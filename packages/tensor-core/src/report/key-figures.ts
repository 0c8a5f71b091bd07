import { significant } from "./significant.ts";

/** The few numbers a reader should leave with, by name. */
export interface KeyFigures {
  readonly kind: "key figures";
  readonly figures: readonly { readonly name: string; readonly value: string }[];
}

/**
 * Key figures: numbers to three significant digits, strings as they are.
 *
 * @throws RangeError if there are none
 * @example
 * ```ts
 * import { keyFigures } from "@lab/tensor-core/report";
 * keyFigures({ "risk bound": 0.0812, engine: "native" }).figures[0]; // => { name: 'risk bound', value: '0.0812' }
 * ```
 */
export function keyFigures(figures: { readonly [name: string]: string | number }): KeyFigures {
  const named = Object.entries(figures).map(([name, value]) => ({ name, value: typeof value === "number" ? significant(value) : value }));
  if (named.length === 0) throw new RangeError("Cannot show key figures: expected at least one, got none");
  return { kind: "key figures", figures: named };
}
