import type { Tokenizer } from "@lab/tensor-core";
import type { CallControl } from "../cascade/call-control.ts";
import { margin, type CallScore } from "../cascade/call-score.ts";
import { decoded } from "../cascade/decoding.ts";
import type { SmallModel } from "../cascade/generate.ts";
import type { FactSpan, FactTagger } from "../facts/fact-span.ts";

/** A token of a text: its loss ℓ without `<CALL>`, nats, what it is and by which rule, and whether the model would have called for it. */
export type ExplainedToken = {
  readonly text: string;
  readonly loss: number;
  readonly kind: FactSpan["kind"];
  readonly rule: string | undefined;
  readonly score: number;
  readonly call: boolean;
};

/**
 * What a small model makes of a text, token by token: the loss of each, whether it is a fact, and whether the model would delegate it.
 *
 * A token that is part of a character has the text of the whole character at its first part, and none after.
 *
 * @throws what the model and the tagger throw
 * @example
 * ```ts
 * import { bytePairTokenizer, learnedBytePairs, tabular } from "@lab/tensor-core";
 * import { callControl, explanation, fixedThreshold } from "@lab/lacy";
 * import { capitalsTagger } from "@lab/lacy/facts";
 * const tokenizer = bytePairTokenizer(await learnedBytePairs(["a"], { vocabulary: 258, specials: ["<end>", "<CALL>"] }));
 * const small = tabular([[tokenizer.encode("in 1974"), 1]], { vocabulary: 258, end: 256 });
 * const tokens = await explanation(small, "in 1974", { tokenizer, control: callControl(fixedThreshold(0)), tagger: capitalsTagger() });
 * tokens.map(({ kind }) => kind[0]).join(""); // => 'ggoffff'
 * ```
 */
export async function explanation(
  small: SmallModel,
  text: string,
  {
    tokenizer,
    control,
    tagger,
    callScore = margin,
  }: { readonly tokenizer: Tokenizer; readonly control: CallControl; readonly tagger: FactTagger; readonly callScore?: CallScore },
): Promise<ExplainedToken[]> {
  const pieces = tokenizer.pieces(text);
  const ids = pieces.map(({ token }) => token);
  const spans = tagger(text);
  const tokens: ExplainedToken[] = [];
  for (const [i, { token, start, end }] of pieces.entries()) {
    const prefix = ids.slice(0, i);
    const logits = small.logits === undefined ? await small.logProbs(prefix) : await small.logits(prefix);
    const score = callScore(logits);
    const best = decoded(logits, { uniform: 0, excluded: [small.vocabulary - 1] });
    const loss = logits[best.token]! - best.logProb - logits[token]!;
    const from = start + (/^\s*/u.exec(text.slice(start, end))?.[0].length ?? 0);
    const span = from < end ? spans.find((each) => each.start < end && each.end > from) : undefined;
    tokens.push({
      text: start === pieces[i - 1]?.start ? "" : text.slice(start, end),
      loss,
      kind: span?.kind ?? "other",
      rule: span?.rule,
      score,
      call: control.decide(score).call,
    });
  }
  return tokens;
}
