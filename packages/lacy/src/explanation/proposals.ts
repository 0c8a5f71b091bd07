import type { Tokenizer } from "@lab/tensor-core";
import { decoded } from "../cascade/decoding.ts";
import type { SmallModel } from "../cascade/generate.ts";
import type { FactTagger } from "../facts/fact-span.ts";
import type { Proposal } from "../evaluation/acceptability.ts";

/**
 * What a small model would write in place of tokens of a true text: its likeliest own token, argmax_{v ≠ c} z_v, at places spread evenly over the text [Ujvary2026].
 *
 * Tokens that are part of a character are passed over. The kind is that of the span in which a token lies, `other` outside of all.
 *
 * @throws RangeError unless count is a whole number; what the model and the tagger throw
 * @example
 * ```ts
 * import { bytePairTokenizer, learnedBytePairs, tabular } from "@lab/tensor-core";
 * import { proposals } from "@lab/lacy";
 * import { capitalsTagger } from "@lab/lacy/facts";
 * const tokenizer = bytePairTokenizer(await learnedBytePairs(["a"], { vocabulary: 258, specials: ["<end>", "<CALL>"] }));
 * const small = tabular([[tokenizer.encode("in 1974"), 1]], { vocabulary: 258, end: 256 });
 * const found = await proposals(small, "in 1974", { tokenizer, tagger: capitalsTagger(), count: 2 });
 * found.map(({ proposed, actual, kind }) => `${proposed}${actual}${kind}`); // => [ '  other', '77factual' ]
 * ```
 */
export async function proposals(
  small: SmallModel,
  text: string,
  { tokenizer, tagger, count }: { readonly tokenizer: Tokenizer; readonly tagger: FactTagger; readonly count: number },
): Promise<Proposal[]> {
  if (!(Number.isInteger(count) && count >= 0)) throw new RangeError(`Cannot propose tokens: count must be a whole number, got ${count}`);
  const pieces = tokenizer.pieces(text);
  const ids = pieces.map(({ token }) => token);
  const spans = tagger(text);
  const excluded = [small.vocabulary - 1, ...Object.values(tokenizer.specials)];
  const whole = pieces.flatMap(({ token, start, end }, i) => (i > 0 && tokenizer.decode([token]) === text.slice(start, end) ? [i] : []));
  const chosen = Array.from(
    { length: Math.min(count, whole.length) },
    (_, k) => whole[Math.floor(((k + 0.5) * whole.length) / Math.min(count, whole.length))]!,
  );
  const found: Proposal[] = [];
  for (const i of chosen) {
    const { token, start, end } = pieces[i]!;
    const prefix = ids.slice(0, i);
    const logits = small.logits === undefined ? await small.logProbs(prefix) : await small.logits(prefix);
    const best = decoded(logits, { uniform: 0, excluded });
    const from = start + (/^\s*/u.exec(text.slice(start, end))?.[0].length ?? 0);
    found.push({
      context: text.slice(0, start),
      proposed: tokenizer.decode([best.token]),
      actual: text.slice(start, end),
      continuation: text.slice(end, end + 100),
      loss: logits[best.token]! - best.logProb - logits[token]!,
      kind: (from < end ? spans.find((span) => span.start < end && span.end > from)?.kind : undefined) ?? "other",
    });
  }
  return found;
}
