/** A text with the questions that an annotator would ask a database written into it, each before the words that state the answer. */
export type AnnotatedText = { readonly annotated_text: string; readonly text?: string; readonly title?: string; readonly id?: string | number };

/** A place where a database would be asked: [start, subject, attribute, value]. */
type Call = readonly [start: number, subject: string, attribute: string, value: string];

/** Both ways in which lookups are written: as an annotator writes them, and with marks of their own. */
const LOOKUP =
  /\[dblookup\(\s*(?<quote>['"])(?<subject>[^\]]+?)\k<quote>\s*,\s*(?<other>['"])(?<attribute>[^\]]+?)\k<other>\s*\)\s*->(?<value>[^\]]*)\]|<\|db_entity\|>(?<subject2>(?:(?!<\|db_).)*)<\|db_relationship\|>(?<attribute2>(?:(?!<\|db_).)*)<\|db_return\|>(?<value2>(?:(?!<\|db_).)*)<\|db_end\|>/gsu;
/** A lookup that lacks a part, or was cut off at the end. */
const BROKEN = /\[dblookup[^\]]*(?:\]|$)|<\|db_entity\|>(?:.(?!<\|db_entity\|>))*?(?:<\|db_end\|>|$)|<\|db_(?:relationship|return|end)\|>/gsu;

export function isAnnotatedText(value: unknown): value is AnnotatedText {
  return typeof value === "object" && value !== null && "annotated_text" in value && typeof value.annotated_text === "string";
}

/**
 * A record of LMLM's pre-training data [Zhao2025] as a record of ours: the text without its lookups, and the lookups as `calls`, each with its place in that text.
 *
 * A lookup stands before the words that state its value: `[dblookup('Ada', 'Birth Place') -> Oslo] Oslo`, or the same with `<|db_entity|>`, `<|db_relationship|>`, `<|db_return|>` and `<|db_end|>`.
 * One space goes with it. Lookups that lack a part are left out. The title is the record's, else the first line of its plain text where an empty one follows, else whom the first lookup asks
 * about, else how the text begins.
 *
 * @example
 * ```ts
 * import { lookedUp } from "@lab/lacy/corpus";
 * const { text, calls } = lookedUp({ annotated_text: "Ada was born in [dblookup('Ada', 'Birth Place') -> Oslo] Oslo." });
 * [text, calls[0]?.[0]]; // => [ 'Ada was born in Oslo.', 16 ]
 * ```
 */
export function lookedUp({ annotated_text: annotated, text: plain, ...record }: AnnotatedText): {
  readonly id?: string | number;
  readonly title: string;
  readonly text: string;
  readonly calls: readonly Call[];
} {
  let text = "";
  let at = 0;
  const calls: Call[] = [];
  const take = (until: number): void => {
    for (const rest of annotated.slice(at, until).split(BROKEN)) text = joined(text, text === "" && at > 0 ? rest.trimStart() : rest);
  };
  for (const match of annotated.matchAll(LOOKUP)) {
    take(match.index);
    at = match.index + match[0].length;
    const { subject, attribute, value, subject2, attribute2, value2 } = match.groups!;
    const told = [subject ?? subject2!, attribute ?? attribute2!, value ?? value2!].map((each) => each.trim()) as [string, string, string];
    if (told.every((each) => each !== "")) calls.push([text.length, ...told]);
  }
  take(annotated.length);
  // The words come after the white space that a lookup stands before.
  const placed = calls.map(([start, ...told]): Call => [start + /^\s*/u.exec(text.slice(start))![0].length, ...told]);
  const title = record.title ?? /^(?<title>\S[^\n]*)\n\n/u.exec(plain ?? "")?.groups?.["title"] ?? calls[0]?.[1] ?? text.trim().slice(0, 60);
  return { ...(record.id !== undefined && { id: record.id }), title, text, calls: placed };
}

/** Two parts of a text between which a lookup stood: the space that came with it goes. */
function joined(before: string, after: string): string {
  return before !== "" && /[\s([{“‘"'–—-]$/u.test(before) ? before + after.replace(/^ /u, "") : before + after;
}
