/** A sentence that only the results could write. */
export interface Remark {
  readonly kind: "remark";
  readonly markdown: string;
}

/**
 * A remark in Markdown, for what depends on the numbers.
 *
 * @example
 * ```ts
 * import { remark } from "@lab/tensor-core/report";
 * remark(`The bound is **${(0.0812 * 100).toFixed(1)} %**.`).markdown; // => 'The bound is **8.1 %**.'
 * ```
 */
export function remark(markdown: string): Remark {
  return { kind: "remark", markdown };
}
