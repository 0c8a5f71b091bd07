import type { TaggerName } from "../facts/annotation.ts";

/** A number of a flag, of a range. */
export function numberOf(
  flag: string,
  given: string,
  { least = -Infinity, most = Infinity, whole = false }: { readonly least?: number; readonly most?: number; readonly whole?: boolean } = {},
): number {
  const number = Number(given);
  if (given.trim() === "" || !Number.isFinite(number) || number < least || number > most || (whole && !Number.isInteger(number)))
    throw new RangeError(
      `Cannot read --${flag}: expected a ${whole ? "whole " : ""}number${least > -Infinity ? ` of at least ${least}` : ""}${most < Infinity ? ` and at most ${most}` : ""}, got ${given}`,
    );
  return number;
}

/** A name of a flag, among those there are. */
export function oneOf<Name extends string>(flag: string, given: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === given);
  if (found === undefined) throw new RangeError(`Cannot read --${flag}: expected one of ${names.join(", ")}, got ${given}`);
  return found;
}

/** A flag of text. */
export type TextFlag = { readonly type: "string"; readonly description: string; readonly valueHint?: string };

/** The taggers that need nothing but the text. */
export const TAGGERS: readonly TaggerName[] = ["compromise", "wink", "capitals"];

/** Which documents. */
export const DATA: { readonly data: TextFlag; readonly limit: TextFlag } = {
  data: { type: "string", valueHint: "folder", description: "Documents: a folder or file of JSON Lines or Parquet; else LAB_DATA, ../shared/data, WordNet" },
  limit: { type: "string", valueHint: "count", description: "The most documents: all unless told" },
};

/** The options of `documents` that the flags give. */
export function limited({ limit }: { readonly limit?: string | undefined }): { readonly limit?: number } {
  return limit === undefined ? {} : { limit: numberOf("limit", limit, { least: 1, whole: true }) };
}

export const JSON_FLAG: { readonly json: { readonly type: "boolean"; readonly description: string } } = {
  json: { type: "boolean", description: "Print one JSON object" },
};

/** Prints a result: one JSON object, or a line each. */
export function printed(result: object, json: boolean | undefined): void {
  const line = ([name, value]: [string, unknown]): string => `${name.padEnd(18)}${typeof value === "object" ? JSON.stringify(value) : String(value)}`;
  console.log(json === true ? JSON.stringify(result) : Object.entries(result).map(line).join("\n"));
}
