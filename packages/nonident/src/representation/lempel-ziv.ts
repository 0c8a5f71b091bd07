/**
 * The number of pieces in the exhaustive history of a sequence, each the shortest that has not been seen before it: its complexity by Lempel and Ziv, low where
 * a short rule makes it [Lempel1976].
 *
 * A piece may overlap what it repeats. Tokens are compared by equality; the empty sequence has none.
 *
 * @example
 * ```ts
 * import { lempelZiv } from "@lab/nonident/representation";
 * [lempelZiv([0, 0, 0, 0, 0, 0, 0, 0]), lempelZiv([0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1])]; // => [ 2, 6 ]
 * ```
 */
export function lempelZiv(tokens: readonly number[]): number {
  let pieces = 0;
  for (let start = 0; start < tokens.length; pieces++) {
    let length = 1;
    while (start + length <= tokens.length && occursBefore(tokens, start, length)) length++;
    start += length;
  }
  return pieces;
}

/** Whether tokens[start … start + length) begins somewhere before `start`. */
function occursBefore(tokens: readonly number[], start: number, length: number): boolean {
  for (let from = 0; from < start; from++) {
    let same = 0;
    while (same < length && tokens[from + same] === tokens[start + same]) same++;
    if (same === length) return true;
  }
  return false;
}
