import TinyQueue from "tinyqueue";
import type { Token } from "./token.ts";

/** Which pairs are joined: the rank of each, lower first, and the token it becomes. */
export interface Joins {
  rank(left: Token, right: Token): number | undefined;
  token(rank: number): Token;
}

type Join = { readonly rank: number; readonly at: number; readonly left: Token; readonly right: Token };

/**
 * Joins neighbours while a rule is left: the lowest rank first, the leftmost of equals [Sennrich2016]. Gives tokens and how many of the parts each holds.
 *
 * O(n log n) in the length of a word, whose length nobody bounds.
 */
export function merged(parts: readonly Token[], joins: Joins): { readonly tokens: Token[]; readonly lengths: number[] } {
  const n = parts.length;
  const token = [...parts];
  const [next, previous] = [Int32Array.from(parts, (_, i) => i + 1), Int32Array.from(parts, (_, i) => i - 1)];
  const joinAt = (at: number): Join | undefined => {
    const after = at < 0 ? n : next[at]!;
    if (after >= n) return undefined;
    const [left, right] = [token[at]!, token[after]!];
    const rank = joins.rank(left, right);
    return rank === undefined ? undefined : { rank, at, left, right };
  };
  const queue = new TinyQueue<Join>(
    parts.flatMap((_, i) => joinAt(i) ?? []),
    (a, b) => a.rank - b.rank || a.at - b.at,
  );
  for (let join = queue.pop(); join !== undefined; join = queue.pop()) {
    const { at, left, right, rank } = join;
    const after = next[at]!;
    // Either half may have become part of something else meanwhile; a part that is gone is −1.
    if (token[at] !== left || after >= n || token[after] !== right) continue;
    token[at] = joins.token(rank);
    token[after] = -1;
    next[at] = next[after]!;
    if (next[at]! < n) previous[next[at]!] = at;
    for (const join of [joinAt(previous[at]!), joinAt(at)]) if (join !== undefined) queue.push(join);
  }
  const [tokens, lengths]: [Token[], number[]] = [[], []];
  for (let at = 0; at < n; at = next[at]!) {
    tokens.push(token[at]!);
    lengths.push(next[at]! - at);
  }
  return { tokens, lengths };
}
