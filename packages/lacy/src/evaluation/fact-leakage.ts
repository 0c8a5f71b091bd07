import type { KnownFacts } from "./verdict.ts";
import { contains, plainWords } from "./verdict.ts";

/** The beginning of a sentence that a fact completes, and the values that complete it truly. */
export type Cloze = { readonly attribute: string; readonly prompt: string; readonly answers: readonly string[] };

/** Prompts by attribute, for people and for others. */
const PROMPTS: { readonly [attribute: string]: string } = {
  "Birth Date": "was born on",
  "Birth Place": "was born in",
  "Death Date": "died on",
  "Death Place": "died in",
  Nationality: "by nationality is",
  Occupation: "worked as a",
  Education: "was educated at",
  Location: "is located in",
  Country: "is in the country of",
  Founded: "was founded in",
  Director: "was directed by",
  Author: "was written by",
  Publisher: "was published by",
  Spouse: "was married to",
  "Capital Of": "is the capital of",
};

/**
 * Cloze prompts of a subject, one for each attribute of its table that has one: "Mira Oduya was born in".
 *
 * @example
 * ```ts
 * import { clozes } from "@lab/lacy";
 * clozes("Mira Oduya", { facts: [["Birth Place", "Nairobi"], ["Birth Place", "Kenya"]] }); // => [ { attribute: 'Birth Place', prompt: 'Mira Oduya was born in', answers: [ 'Nairobi', 'Kenya' ] } ]
 * ```
 */
export function clozes(subject: string, { facts, more = [] }: KnownFacts): Cloze[] {
  const attributes = [...new Set(facts.map(([attribute]) => attribute))].filter((attribute) => PROMPTS[attribute] !== undefined);
  return attributes.map((attribute) => ({
    attribute,
    prompt: `${subject} ${PROMPTS[attribute]!}`,
    answers: [...facts, ...more].filter(([name]) => name === attribute).map(([, value]) => value),
  }));
}

/**
 * Whether a generation holds one of the answers, without case and punctuation, as whole words: the fact has leaked into the weights.
 *
 * @example
 * ```ts
 * import { holdsAnswer } from "@lab/lacy";
 * [holdsAnswer(" NAIROBI, Kenya.", ["Nairobi"]), holdsAnswer(" 19110", ["1911"])]; // => [ true, false ]
 * ```
 */
export function holdsAnswer(generation: string, answers: readonly string[]): boolean {
  const words = plainWords(generation);
  return answers.some((answer) => contains(words, plainWords(answer)));
}

/** An answer that a model has given to a prompt whose answers are known. */
export type Answered = { readonly generation: string; readonly answers: readonly string[] };

/**
 * The share of prompts whose generation, with calls off, holds an answer anywhere: lower is better, fewer facts are stored [Ujvary2026]. NaN of none.
 *
 * @example
 * ```ts
 * import { factLeakage } from "@lab/lacy";
 * factLeakage([{ generation: " Nairobi.", answers: ["Nairobi"] }, { generation: " Leeds.", answers: ["Nairobi"] }]); // => 0.5
 * ```
 */
export function factLeakage(answered: readonly Answered[]): number {
  return answered.filter(({ generation, answers }) => holdsAnswer(generation, answers)).length / answered.length;
}

/**
 * The share of prompts whose generation begins with an answer: cloze accuracy, of a model alone or of a cascade. NaN of none.
 *
 * @example
 * ```ts
 * import { clozeAccuracy } from "@lab/lacy";
 * clozeAccuracy([{ generation: " Nairobi, then", answers: ["Nairobi"] }, { generation: " a town near Nairobi", answers: ["Nairobi"] }]); // => 0.5
 * ```
 */
export function clozeAccuracy(answered: readonly Answered[]): number {
  const begins = ({ generation, answers }: Answered): boolean => {
    const words = plainWords(generation);
    return answers.map(plainWords).some((answer) => answer.length > 0 && answer.every((word, i) => words[i] === word));
  };
  return answered.filter(begins).length / answered.length;
}
