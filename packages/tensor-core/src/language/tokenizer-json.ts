import type { BytePairs } from "./byte-pairs.ts";
import type { Token } from "./token.ts";

/** How GPT-2 cuts words: what a file means that names no pattern. */
const GPT2_WORDS = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/**
 * Byte pairs as a `tokenizer.json` of Hugging Face, which gives every text the same tokens there.
 *
 * @example
 * ```ts
 * import { learnedBytePairs } from "@lab/tensor-core";
 * import { tokenizerJson } from "@lab/tensor-core/hugging-face";
 * const json = tokenizerJson(await learnedBytePairs(["a hat, a cat"], { vocabulary: 258 }));
 * JSON.parse(json).model.merges; // => [ 'a t' ]
 * ```
 */
export function tokenizerJson({ pattern, tokens, merges, specials }: BytePairs): string {
  const added = Object.entries(specials).map(([content, id]) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  return `${JSON.stringify(
    {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: added.toSorted((a, b) => a.id - b.id),
      normalizer: null,
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [
          { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
          { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
        ],
      },
      post_processor: null,
      decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: tokens,
        merges: merges.map(([left, right]) => `${left} ${right}`),
      },
    },
    undefined,
    1,
  )}\n`;
}

/**
 * The byte pairs of a `tokenizer.json`: ours, or another byte-level one of Hugging Face without a normalizer and without a space added in front, such as GPT-2's.
 *
 * @throws SyntaxError for a text that is no JSON; TypeError, naming the part, for a tokenizer of another kind
 * @example
 * ```ts
 * import { learnedBytePairs } from "@lab/tensor-core";
 * import { bytePairs, tokenizerJson } from "@lab/tensor-core/hugging-face";
 * const learned = await learnedBytePairs(["a hat, a cat"], { vocabulary: 258 });
 * bytePairs(tokenizerJson(learned)).merges; // => [ [ 'a', 't' ] ]
 * ```
 */
export function bytePairs(json: string): BytePairs {
  const file = record(JSON.parse(json), "the file");
  if (file["normalizer"] !== null && file["normalizer"] !== undefined) throw refused("no normalizer", file["normalizer"]);
  const model = record(file["model"], "model");
  if (model["type"] !== undefined && model["type"] !== "BPE") throw refused("a model of type BPE", model["type"]);
  for (const name of ["continuing_subword_prefix", "end_of_word_suffix"]) if (model[name]) throw refused(`no ${name}`, model[name]);
  if (!Array.isArray(model["merges"])) throw refused("a list of merges", model["merges"]);
  const added = file["added_tokens"] ?? [];
  if (!Array.isArray(added)) throw refused("a list of added_tokens", added);
  return {
    pattern: patternOf(file["pre_tokenizer"]),
    tokens: tokensOf(model["vocab"]),
    merges: model["merges"].map(pairOf),
    specials: Object.fromEntries(
      added.map((each: unknown) => {
        const { content, id } = record(each, "an added token");
        if (typeof content !== "string" || typeof id !== "number") throw refused("an added token with content and id", each);
        return [content, id];
      }),
    ),
  };
}

type Fields = { readonly [name: string]: unknown };

function refused(expected: string, got: unknown): TypeError {
  return new TypeError(`Cannot read tokenizer.json: expected ${expected}, got ${(JSON.stringify(got) ?? "nothing").slice(0, 200)}`);
}

function record(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refused(`an object for ${what}`, value);
  return value as Fields;
}

function tokensOf(vocab: unknown): { [symbols: string]: Token } {
  const tokens = record(vocab, "model.vocab");
  for (const [name, token] of Object.entries(tokens)) if (typeof token !== "number") throw refused(`a number for the token "${name}"`, token);
  return tokens as { [symbols: string]: Token };
}

function pairOf(merge: unknown): readonly [string, string] {
  const halves: unknown = typeof merge === "string" ? merge.split(" ") : merge;
  if (!Array.isArray(halves) || halves.length !== 2 || !halves.every((half) => typeof half === "string" && half !== ""))
    throw refused("merges of two halves", merge);
  return [halves[0] as string, halves[1] as string];
}

function patternOf(preTokenizer: unknown): string {
  const stage = record(preTokenizer, "pre_tokenizer");
  const stages =
    stage["type"] === "Sequence" && Array.isArray(stage["pretokenizers"]) ? stage["pretokenizers"].map((each) => record(each, "a pre-tokenizer")) : [stage];
  const last = stages.at(-1);
  if (last?.["type"] !== "ByteLevel" || stages.length > 2) throw refused("a pre_tokenizer of a Split, if any, and ByteLevel", preTokenizer);
  if (last["add_prefix_space"] === true) throw refused("no add_prefix_space", true);
  if (stages.length === 1) return last["use_regex"] === false ? String.raw`[\s\S]+` : GPT2_WORDS;
  const [split] = stages;
  const { Regex: pattern } = record(split!["pattern"], "pattern") as { readonly Regex?: unknown };
  const isIsolated = split!["type"] === "Split" && split!["behavior"] === "Isolated" && split!["invert"] !== true;
  if (!isIsolated || typeof pattern !== "string" || last["use_regex"] !== false)
    throw refused("a Split by a Regex, Isolated, and ByteLevel without one", preTokenizer);
  return pattern;
}
