/** What a text says of its subject: an attribute of the table of facts, and the words that give its value. */
export type Claim = { readonly attribute: string; readonly value: string; readonly start: number };

const MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December";
const DATE = String.raw`(?:\d{1,2} (?:${MONTHS}) \d{3,4}|(?:${MONTHS}) \d{1,2}, \d{4}|(?:${MONTHS}) \d{4}|\d{3,4})`;
const NAME = String.raw`\p{Lu}[\p{L}\p{M}.'’-]*(?: (?:(?:of|de|la|the|and|upon) )?\p{Lu}[\p{L}\p{M}.'’-]*)*`;
const PLACE = String.raw`${NAME}(?:, ${NAME})*`;
const by = (pattern: string): RegExp => new RegExp(pattern, "dgu");

/** Patterns with a group for each value; a group is named after its attribute, with _ for a space. */
const PATTERNS: readonly RegExp[] = [
  by(String.raw`\((?:[^()]*?; )?(?:c\. |circa )?(?<Birth_Date>${DATE}) ?[–-] ?(?:c\. |circa )?(?<Death_Date>${DATE})\)`),
  by(String.raw`\((?:[^()]*?; )?born (?:c\. |on |in )?(?<Birth_Date>${DATE})\)`),
  by(String.raw`\b(?:[Bb]orn)(?: on (?<Birth_Date>${DATE}))? in (?:the )?(?:(?<Birth_Date2>${DATE})|(?<Birth_Place>${PLACE}))`),
  by(String.raw`\bborn (?:on |in )(?<Birth_Date>${DATE})`),
  by(String.raw`\b[Dd]ied(?: on (?<Death_Date>${DATE}))? in (?:the )?(?:(?<Death_Date2>${DATE})|(?<Death_Place>${PLACE}))`),
  by(String.raw`\b(?:founded|established|formed) (?:in|on) (?<Founded>${DATE})`),
  by(String.raw`\bpopulation (?:of|was|is) (?:about |approximately )?(?<Population>\d[\d,.]*\d|\d)`),
  by(String.raw`\bcapital (?:city )?of (?<Capital_Of>${NAME})`),
  by(String.raw`\bdirected by (?<Director>${NAME})`),
  by(String.raw`\bwritten by (?<Author>${NAME})`),
  by(String.raw`\bpublished by (?<Publisher>${NAME})`),
  by(String.raw`\breleased (?:on|in) (?<Release_Date>${DATE})`),
];

/** How many of the patterns read brackets, and within how many characters. */
const [BRACKETS, LEAD] = [2, 250];

/** "was an English botanist and poet": the noun phrase of the first sentence. */
const COPULA = /\b(?:is|was|are|were) (?:an?|the|one of the) (?<phrase>[^.;:()]*)/du;
/** Where a noun phrase ends. */
const PHRASE_END =
  / (?:who|that|which|whose|where|from|in|of|for|on|at|by|known|best|born|based|located|serving|currently|with|to)\b|, (?:who|which|best|known)\b/;

/**
 * The claims that a text makes of its subject, by patterns: years and places of birth and death, nationality, occupations or type, and a few others.
 *
 * An instrument, to be calibrated: on true documents nearly all its claims must be supported. English; it misses most of what it has no pattern for.
 *
 * @example
 * ```ts
 * import { claims } from "@lab/lacy";
 * claims("Mira Oduya (1911 – 1988) was a Kenyan botanist.").map(({ attribute, value }) => `${attribute}: ${value}`); // => [ 'Birth Date: 1911', 'Death Date: 1988', 'Nationality: Kenyan', 'Occupation: botanist' ]
 * ```
 */
export function claims(text: string): Claim[] {
  const found: Claim[] = [];
  for (const [i, pattern] of PATTERNS.entries())
    for (const match of text.matchAll(pattern)) {
      // Brackets far from the beginning are about something else.
      if (i < BRACKETS && match.index > LEAD) break;
      for (const [group, value] of Object.entries(match.groups ?? {}))
        if (value !== undefined)
          found.push({ attribute: group.replace(/\d$/, "").replaceAll("_", " "), value: trimmed(value), start: match.indices!.groups![group]![0] });
    }
  // What is said first is said of the subject; later dates and places may be another's.
  const firsts = found.toSorted((a, b) => a.start - b.start).filter(({ attribute }, i, all) => all.findIndex((each) => each.attribute === attribute) === i);
  const first = text.search(/[.!?]\s+\p{Lu}/u);
  return [...firsts, ...described(first < 0 ? text : text.slice(0, first + 1))].toSorted((a, b) => a.start - b.start);
}

function trimmed(value: string): string {
  return value.replace(/[.'’-]+$/, "");
}

function described(sentence: string): Claim[] {
  const match = COPULA.exec(sentence);
  const phrase = match?.groups?.["phrase"];
  if (match === null || phrase === undefined) return [];
  const start = match.indices!.groups!["phrase"]![0];
  const cut = phrase.search(PHRASE_END);
  const noun = cut < 0 ? phrase : phrase.slice(0, cut);
  const claimed: Claim[] = [];
  const origin = /^(?:\p{Ll}+ )?(?<name>\p{Lu}[\p{L}-]*(?: \p{Lu}[\p{L}-]*)*)(?= \p{Ll})/du.exec(noun);
  if (origin !== null) claimed.push({ attribute: "Nationality", value: origin.groups!["name"]!, start: start + origin.indices!.groups!["name"]![0] });
  // The last word of each of "actor, singer and dancer".
  for (const part of noun.matchAll(/(?<word>\p{Ll}[\p{L}-]*)(?=\s*(?:,|$|and\b))/dgu)) {
    const { word } = part.groups!;
    if (word !== "and") claimed.push({ attribute: "Occupation", value: word!, start: start + part.indices!.groups!["word"]![0] });
  }
  return claimed;
}
