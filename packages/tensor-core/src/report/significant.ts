/**
 * A number to `digits` significant digits, short enough for a table cell: whole numbers in full, very large and very small ones as powers of ten.
 *
 * @throws RangeError unless `digits` is a whole number in [1, 15]
 * @example
 * ```ts
 * import { significant } from "@lab/tensor-core/report";
 * [0.123456, 60000, 0.0000012345, NaN].map((x) => significant(x)); // => [ '0.123', '60000', '1.23e-6', 'NaN' ]
 * ```
 */
export function significant(value: number, digits = 3): string {
  if (!Number.isInteger(digits) || digits < 1 || digits > 15) throw new RangeError(`Cannot write a number: expected 1 to 15 digits, got ${digits}`);
  if (!Number.isFinite(value)) return value === Infinity ? "∞" : value === -Infinity ? "-∞" : "NaN";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return String(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(digits - 1).replace("e+", "e");
  const [, exponent] = value.toExponential(digits - 1).split("e");
  return value.toFixed(Math.max(0, digits - 1 - Number(exponent)));
}
