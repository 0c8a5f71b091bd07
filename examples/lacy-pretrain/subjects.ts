import { existsSync } from "node:fs";
import { join } from "node:path";
import { bytePairTokenizer, learnedBytePairs, type Token, type Tokenizer } from "@lab/tensor-core";
import type { KnownFacts } from "@lab/lacy";
import type { Corpus, Document, Split } from "@lab/lacy/corpus";
import { alignment, taggerOf, TOKEN_KINDS, type TaggerName } from "@lab/lacy/facts";
import type { Settings } from "./settings.ts";

/** A subject with the opening of its document: the title on a line, then the text. */
export type Subject = {
  readonly title: string;
  readonly text: string;
  /** What the text says, with places, and that with what is known besides. */
  readonly facts: Document["facts"];
  readonly known: KnownFacts;
  /** Tokens of the title and its line break, and of the text after it. */
  readonly prompt: readonly Token[];
  readonly ids: readonly Token[];
  /** By token: what the parser, and what the pattern of capitals and digits, calls a fact. The title is given, and is none. */
  readonly flags: { readonly factual: Uint8Array; readonly pattern: Uint8Array };
};

export type Subjects = {
  readonly tokenizer: Tokenizer;
  readonly separator: Token;
  /** `<CALL>`, after all tokens of the tokenizer. */
  readonly call: Token;
  readonly train: readonly Subject[];
  readonly heldOut: readonly Subject[];
};

const SEPARATOR = "<|endoftext|>";

/** The title on a line of its own: with one line break, its tokens do not depend on what follows. */
export const heading = (title: string): string => `${title}\n`;

/** Documents of a corpus with facts that stand in their openings, tokenized by pairs that the training documents teach. */
export async function subjectsOf(corpus: Corpus, { documents, heldOut, characters, vocabulary }: Settings): Promise<Subjects> {
  const train = await openings(corpus, { split: "train", count: documents, characters });
  const others = await openings(corpus, { split: "validation", count: heldOut, characters });
  const tokenizer = bytePairTokenizer(
    await learnedBytePairs(
      train.map(({ title, text }) => heading(title) + text),
      { vocabulary, specials: [SEPARATOR] },
    ),
  );
  const subject = (document: Document): Subject => tokenized(document, tokenizer);
  return { tokenizer, separator: tokenizer.specials[SEPARATOR]!, call: tokenizer.vocabulary, train: train.map(subject), heldOut: others.map(subject) };
}

type Wanted = { readonly split: Split; readonly count: number; readonly characters: number };

async function openings(corpus: Corpus, { split, count, characters }: Wanted): Promise<Document[]> {
  // Where a folder sorts documents with facts from mere prose, those with facts are read.
  const part = existsSync(join(corpus.name, "facts")) ? { part: "facts" } : corpus.name.startsWith("WordNet") ? { part: "person" } : {};
  const found: Document[] = [];
  for await (const document of corpus.documents({ split, ...part })) {
    if (found.length >= count) break;
    const text = opening(document.text, characters);
    const facts = document.facts.filter(([, value, start]) => start + value.length <= text.length);
    // One fact may be guessed; two of them are something to tell.
    if (facts.length >= 2) found.push({ ...document, text, facts });
  }
  if (found.length < 2)
    throw new Error(`Cannot learn from ${corpus.name}: expected at least 2 ${split} documents with facts in their openings, got ${found.length}`);
  return found;
}

/** The sentences that end within so many characters, where another is seen to begin, or else words of the first one. */
export function opening(text: string, characters: number): string {
  const cut = text.slice(0, characters);
  if (cut.length === text.length) return text.trimEnd();
  const ends = [...cut.matchAll(/(?<!\b\p{Lu})[.!?](?=\s+\p{Lu}|\n)/gu)];
  const end = ends.at(-1);
  return end === undefined ? cut.slice(0, Math.max(cut.lastIndexOf(" "), 1)) : cut.slice(0, end.index + 1);
}

function tokenized({ title, text, facts, more }: Document, tokenizer: Tokenizer): Subject {
  const head = heading(title);
  // Apart, so that a prompt has the tokens that were learnt.
  const prompt = tokenizer.encode(head);
  const pieces = [
    ...tokenizer.pieces(head),
    ...tokenizer.pieces(text).map(({ token, start, end }) => ({ token, start: head.length + start, end: head.length + end })),
  ];
  const flagged = (tagger: TaggerName): Uint8Array =>
    alignment(head + text, pieces, { spans: taggerOf({ tagger })(head + text) }).map((kind, i) => (i >= prompt.length && kind === TOKEN_KINDS.factual ? 1 : 0));
  return {
    title,
    text,
    facts,
    known: { facts, more },
    prompt,
    ids: pieces.map(({ token }) => token),
    flags: { factual: flagged("compromise"), pattern: flagged("capitals") },
  };
}
