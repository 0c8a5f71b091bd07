import { z } from "zod";
import { isAnnotatedText, lookedUp } from "./looked-up.ts";

/** What a document says of its subject, word for word: `text.slice(start, start + value.length) === value`, UTF-16 units. */
export type Fact = readonly [attribute: string, value: string, start: number];

/** A text about one subject, its title, with what is known of the subject. */
export type Document = {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly facts: readonly Fact[];
  /** True of the subject, but not found in the text. */
  readonly more: readonly (readonly [attribute: string, value: string])[];
  /** What the subject is: a person, a place. */
  readonly kind?: string;
  /** Where an annotator would ask a database, just before the words that state the value: [start, subject, attribute, value]. */
  readonly calls?: readonly (readonly [start: number, subject: string, attribute: string, value: string])[];
};

const words = z.string().min(1);
const place = z.int().min(0);
const known = z.tuple([words, words]);
const given = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  title: words,
  text: z.string(),
  facts: z.array(z.union([z.tuple([words, words, place]), known])).default([]),
  more: z.array(known).default([]),
  kind: z.string().optional(),
  calls: z.array(z.tuple([place, z.string(), z.string(), z.string()])).optional(),
});

/**
 * A document from a record of a file, its facts checked against its text. Only `title` and `text` must be there; other fields are left out.
 *
 * A fact without a place, `[attribute, value]`, is put with `more`. A record of LMLM [Zhao2025], which has an `annotated_text`, is read as `lookedUp` says.
 *
 * @throws TypeError, naming the field, for a record of another form, or where a fact does not stand in the text
 * @example
 * ```ts
 * import { document } from "@lab/lacy/corpus";
 * document({ title: "Mira Oduya", text: "Mira Oduya was a botanist.", facts: [["Occupation", "botanist", 17]] }).facts.length; // => 1
 * ```
 */
export function document(value: unknown): Document {
  const parsed = given.safeParse(isAnnotatedText(value) ? lookedUp(value) : value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TypeError(`Cannot take a record as a document: ${issue!.path.join(".") || "the record"}: ${issue!.message}`);
  }
  const { id, title, text, facts, more, kind, calls } = parsed.data;
  const stray = facts.find(([, fact, start]) => start !== undefined && !text.startsWith(fact, start));
  if (stray !== undefined) {
    const [attribute, fact, start] = stray;
    throw new TypeError(
      `Cannot take a record as a document: expected "${fact}" (${attribute}) at ${start} of its text, got "${text.slice(start, start! + fact.length)}"`,
    );
  }
  return {
    id: String(id ?? title),
    title,
    text,
    facts: facts.flatMap(([attribute, fact, start]) => (start === undefined ? [] : [[attribute, fact, start] as const])),
    more: [...more, ...facts.flatMap(([attribute, fact, start]) => (start === undefined ? [[attribute, fact] as const] : []))],
    ...(kind !== undefined && { kind }),
    ...(calls !== undefined && { calls }),
  };
}
