import {
  foldIn,
  key as keyOf,
  uniformNumbers,
  type Autoregressive,
  type Awaitable,
  type Key,
  type Sequence,
  type Token,
  type Tokenizer,
} from "@lab/tensor-core";
import type { CallControl } from "./call-control.ts";
import { callLogit, margin, type CallScore } from "./call-score.ts";
import type { Answer, Continuation } from "./continuation.ts";
import { checkedDecoding, decoded, type Decoding } from "./decoding.ts";

/** A small model: its last symbol is `<CALL>`. One that gives logits is asked for them. */
export interface SmallModel extends Autoregressive {
  logits?(prefix: Sequence): Awaitable<ArrayLike<number>>;
}

/** Why a piece of text is whose it is. `unanswered` and `failed`: a call was due, and the bigger model said nothing, or could not be asked. */
export type Reason = "own" | "inside-character" | "called" | "unanswered" | "failed";

/** A piece of generated text: its tokens, in the small model's vocabulary, and who wrote it, with what it was decided by. */
export type Emission = {
  readonly text: string;
  readonly tokens: Sequence;
  readonly by: "small" | "large";
  readonly reason: Reason;
  /** ln q of the token under the small model, nats; NaN for an answer. */
  readonly logProb: number;
  /** The call score and what it was compared with; NaN where nothing was decided. */
  readonly score: number;
  readonly threshold: number;
  /** What the bigger model failed with. */
  readonly failure?: string;
  /** How long the bigger model took. */
  readonly milliseconds?: number;
};

export type GenerateOptions = Decoding & {
  readonly tokenizer: Tokenizer;
  /** Who answers calls: nobody unless told, and then nothing is decided. */
  readonly large?: Continuation;
  /** Decides on calls; give one `callControl` to all texts that share a budget. */
  readonly control?: CallControl;
  readonly callScore?: CallScore;
  /** The most tokens of the small model. */
  readonly maxTokens?: number;
  /** The token that closes a text. */
  readonly end?: Token;
  readonly key?: Key;
  /** After an answer the whole text is read anew, as training read texts; or the tokens of the answer are put after those before it, which keeps caches whole. */
  readonly retokenise?: "whole" | "append";
  readonly signal?: AbortSignal;
};

/** Whether a call is due after a text, and the score that says so. */
export type CallDecision = { readonly score: number; readonly call: boolean; readonly threshold: number };

/**
 * Generates in a cascade, piece by piece: the small model writes until it calls, the text so far goes to the bigger one, its answer is appended, and the small one goes on from the whole text,
 * read anew in its own tokens [Ujvary2026]. The texts of the pieces, put together, are what was generated.
 *
 * `<CALL>` and other special tokens are never written. A bigger model that fails or says nothing is replaced by the small model's own token, or by an empty piece where that ends the text: no text is
 * lost, and no failure. The token at place i is drawn with
 * `foldIn(key, i)`.
 *
 * @throws RangeError for options that are none, and for `callLogit` with a model that gives no logits; the signal's reason; what the small model throws
 * @example
 * ```ts
 * import { bytePairTokenizer, learnedBytePairs, tabular } from "@lab/tensor-core";
 * import { callControl, fixedThreshold, generate, logOdds } from "@lab/lacy";
 * const tokenizer = bytePairTokenizer(await learnedBytePairs(["a"], { vocabulary: 258, specials: ["<end>", "<CALL>"] }));
 * const small = tabular([[tokenizer.encode("born in "), 1]], { vocabulary: 258, end: 256 });
 * const large = { continue: () => ({ text: "Oslo", end: true }) };
 * const pieces = [];
 * for await (const { text, by } of generate(small, "born", { tokenizer, large, control: callControl(fixedThreshold(-9)), callScore: logOdds, end: 256 })) pieces.push([text, by]);
 * pieces.map(([text, by]) => `${by}:${text}`).join("|"); // => 'small: |small:i|small:n|small: '
 * ```
 */
export async function* generate(
  small: SmallModel,
  prompt: string,
  { tokenizer, large, control, callScore = margin, maxTokens = 256, end, key = keyOf(0), retokenise = "whole", signal, ...how }: GenerateOptions,
): AsyncGenerator<Emission> {
  const decoding = checkedDecoding(how);
  checkedSmall(small, { callScore, maxTokens });
  if (retokenise !== "whole" && retokenise !== "append")
    throw new RangeError(`Cannot generate: retokenise must be "whole" or "append", got "${String(retokenise)}"`);
  const call = small.vocabulary - 1;
  const excluded = [call, ...Object.values(tokenizer.specials).filter((token) => token !== end)];
  let tokens: Token[] = tokenizer.encode(prompt);
  let text = prompt;
  let pending: Token[] = [];
  let draws = 0;
  let written = 0;

  while (written < maxTokens) {
    signal?.throwIfAborted();
    const logits = await scoresOf(small, tokens);
    const score = callScore(logits);
    const inside = pending.length > 0;
    const decision = large === undefined || control === undefined || inside ? undefined : control.decide(score);
    let [reason, failure, milliseconds]: [Reason, string | undefined, number | undefined] = [inside ? "inside-character" : "own", undefined, undefined];
    if (decision?.call === true) {
      const start = performance.now();
      let answer: Answer | undefined;
      try {
        answer = await large!.continue(text, { signal });
      } catch (error) {
        signal?.throwIfAborted();
        failure = error instanceof Error ? error.message : String(error);
      }
      milliseconds = performance.now() - start;
      if (answer !== undefined && answer.text !== "") {
        text += answer.text;
        const before = tokens.length;
        const given = tokenizer.encode(answer.text);
        control!.answered(given.length);
        tokens = retokenise === "whole" ? tokenizer.encode(text) : [...tokens, ...given];
        written += Math.max(1, tokens.length - before);
        yield { text: answer.text, tokens: given, by: "large", reason: "called", logProb: NaN, score, threshold: decision.threshold, milliseconds };
        if (answer.end) return;
        continue;
      }
      control!.answered(0);
      if (answer?.end === true) return;
      reason = failure === undefined ? "unanswered" : "failed";
    }
    const [uniform] = decoding.temperature === 0 ? [0] : uniformNumbers(foldIn(key, draws++), 1);
    const { token, logProb } = decoded(logits, { ...decoding, uniform: uniform!, excluded });
    const isEnd = token === end;
    // A call without an answer is told also where the text ends in its place.
    if (isEnd && reason !== "failed" && reason !== "unanswered") break;
    let piece: string | undefined;
    if (!isEnd) {
      tokens = [...tokens, token];
      pending = [...pending, token];
      written++;
      piece = complete(tokenizer, pending);
      if (piece !== undefined) {
        text += piece;
        pending = [];
      }
    }
    yield {
      text: piece ?? "",
      tokens: isEnd ? [] : [token],
      by: "small",
      reason,
      logProb,
      score: decision === undefined ? NaN : score,
      threshold: decision?.threshold ?? NaN,
      ...(failure === undefined ? {} : { failure }),
      ...(milliseconds === undefined ? {} : { milliseconds }),
    };
    if (isEnd) break;
  }
  if (pending.length > 0)
    yield { text: tokenizer.decode(pending), tokens: [], by: "small", reason: "inside-character", logProb: NaN, score: NaN, threshold: NaN };
}

/**
 * Only the decision: whether a call is due after a text. It takes part in the budget.
 *
 * @throws as `generate`
 * @example
 * ```ts
 * import { bytePairTokenizer, learnedBytePairs, tabular } from "@lab/tensor-core";
 * import { callControl, decide, fixedThreshold } from "@lab/lacy";
 * const tokenizer = bytePairTokenizer(await learnedBytePairs(["a"], { vocabulary: 258, specials: ["<end>", "<CALL>"] }));
 * const small = tabular([[tokenizer.encode("ab"), 1]], { vocabulary: 258, end: 256 });
 * await decide(small, "a", { tokenizer, control: callControl(fixedThreshold(0)) }); // => { score: -Infinity, call: false, threshold: 0 }
 * ```
 */
export async function decide(
  small: SmallModel,
  text: string,
  { tokenizer, control, callScore = margin }: { readonly tokenizer: Tokenizer; readonly control: CallControl; readonly callScore?: CallScore },
): Promise<CallDecision> {
  checkedSmall(small, { callScore, maxTokens: 1 });
  const score = callScore(await scoresOf(small, tokenizer.encode(text)));
  return { score, ...control.decide(score) };
}

function checkedSmall(small: SmallModel, { callScore, maxTokens }: { readonly callScore: CallScore; readonly maxTokens: number }): void {
  if (!(Number.isInteger(maxTokens) && maxTokens >= 0)) throw new RangeError(`Cannot generate: maxTokens must be a whole number, got ${maxTokens}`);
  if (callScore === callLogit && small.logits === undefined) throw new RangeError("Cannot generate: expected a model that gives logits, for callLogit");
}

function scoresOf(small: SmallModel, tokens: Sequence): Awaitable<ArrayLike<number>> {
  return small.logits === undefined ? small.logProbs(tokens) : small.logits(tokens);
}

/** The text of tokens; undefined while they are part of a character. Bytes that can become no character are U+FFFD. */
function complete(tokenizer: Tokenizer, tokens: Sequence): string | undefined {
  const bytes = tokenizer.bytes(tokens);
  const partial = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: true });
  const whole = tokenizer.decode(tokens);
  return partial === whole ? whole : undefined;
}
