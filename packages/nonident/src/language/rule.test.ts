import type { Sequence } from "@lab/tensor-core";
import { expect, it } from "vitest";
import { aNbNcN } from "./a-n-b-n-c-n.ts";
import { atLeastAsMany, before, beginsWith, equallyMany, evenAtEnd, evenCount, middle, moreBefore, timesAsMany, together } from "./rule.ts";

/** Letters from a = 0, or digits as they are. */
const sequence = (text: string): Sequence => Array.from(text, (symbol) => (/\d/u.test(symbol) ? Number(symbol) : symbol.charCodeAt(0) - 97));

/** What the study's own code says of these strings [Meszaros2024]: those that keep the rule, and those that break it. */
it.each([
  ["a's before b's", before(0, 1), ["0011", "11", "00"], ["00101"]],
  ["equal number", equallyMany([0, 1]), ["0011", "0110", "1100"], ["00101"]],
  ["twice as many a's", timesAsMany(2, [0, 1]), ["001100", "100001"], ["00101"]],
  ["b's together", together(1), ["001100", "11"], ["00101", "00"]],
  ["b's in the middle", middle(1), ["001100", "11"], ["00101", "00"]],
  ["more a's before b's", moreBefore(0, 1), ["00101", "0011", "00"], ["010100", "11"]],
  ["no fewer b's than c's", atLeastAsMany(1, 2), ["bbcc", "cbb", "aa"], ["acacab", "aac"]],
  ["an even number of a's at the end", evenAtEnd(0, 1), ["baa", "aaaa", "bbbb"], ["aba", "aaba"]],
  ["an even number of a's", evenCount(0), ["baa", "aba"], ["aaba", "abbb"]],
  ["begins with b", beginsWith(1), ["baa", "baba"], ["aaba", "abbb"]],
] as const)("the rule %s is kept and broken as in the study", (_, { holds }, kept, broken) => {
  expect(kept.filter((text) => !holds(sequence(text)))).toEqual([]);
  expect(broken.filter((text) => holds(sequence(text)))).toEqual([]);
});

it("aNbNcN() finds prefixes viable as in the study", () => {
  const { viable } = aNbNcN();
  expect(["aabb", "aaabbbc"].filter((text) => !viable(sequence(text)))).toEqual([]);
  expect(["aabab", "ccab"].filter((text) => viable(sequence(text)))).toEqual([]);
});
