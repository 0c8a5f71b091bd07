import { readFile } from "node:fs/promises";
import type { StringArgDef } from "citty";
import { z } from "zod";
import type { ClosedModel } from "../model/closed-model.ts";
import { endpoint } from "../model/endpoint.ts";
import { modelOfFile } from "../model/model-file.ts";
import { grammarNames, namedGrammar } from "../model/named-grammar.ts";
import { uniformMembers } from "../model/uniform-members.ts";

/** How a model is named on the command line. */
export const MODEL_ARGUMENT =
  "a model: a JSON file of a table; a language with the longest of its equally likely strings, such as dyck-2:8; or an endpoint, endpoint:MODEL@URL";

/** What endpoints need. */
export const endpointArguments: { readonly pieces: StringArgDef; readonly top: StringArgDef } = {
  pieces: { type: "string", valueHint: "file", description: "For endpoints: a JSON list of the text of each token, the end symbol last" },
  top: { type: "string", valueHint: "count", description: "For endpoints: how many tokens to ask for; the remainder is spread evenly over the others" },
};

async function json(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new RangeError(`Cannot read ${path}: expected a file that can be read, got ${cause instanceof Error ? cause.message : String(cause)}`);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RangeError(`Cannot read ${path}: expected JSON, got ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** A whole number of a flag. */
export function wholeNumber(flag: string, given: string): number {
  const number = Number(given);
  if (!Number.isInteger(number) || given.trim() === "") throw new RangeError(`Cannot read --${flag}: expected a whole number, got ${given}`);
  return number;
}

/** A number of a flag. */
export function realNumber(flag: string, given: string): number {
  const number = Number(given);
  if (!Number.isFinite(number) || given.trim() === "") throw new RangeError(`Cannot read --${flag}: expected a number, got ${given}`);
  return number;
}

/** The model of an argument. */
async function modelArgument(
  given: string,
  { pieces, top }: { readonly pieces?: string | undefined; readonly top?: string | undefined },
): Promise<ClosedModel> {
  const remote = /^endpoint:(.+)@(https?:.+)$/.exec(given);
  if (remote !== null) {
    if (pieces === undefined) throw new RangeError("Cannot ask an endpoint: expected --pieces, the text of each token, got none");
    const list = z
      .array(z.string())
      .min(2)
      .safeParse(await json(pieces));
    if (!list.success) throw new RangeError(`Cannot read ${pieces}: expected a JSON list of at least 2 texts`);
    const { OpenAI } = await import("openai");
    // Services on one's own machine ask for no key, and the client asks for one.
    const client = new OpenAI({ baseURL: remote[2], apiKey: process.env["OPENAI_API_KEY"] ?? "none" });
    const options = { model: remote[1]!, pieces: list.data };
    const model = endpoint(client.completions, top === undefined ? options : { ...options, top: wholeNumber("top", top), missing: "spread" });
    return { model, end: list.data.length - 1 };
  }
  const language = /^([\w-]+):(\d+)$/.exec(given);
  if (language !== null) return uniformMembers(namedGrammar(language[1]!), { longest: Number(language[2]) });
  if (grammarNames.includes(given)) throw new RangeError(`Cannot make a model of ${given}: expected the longest string too, such as ${given}:8`);
  return modelOfFile(await json(given));
}

/** Two models that close their sequences alike. */
export async function modelPair(
  [p, q]: readonly [string, string],
  options: { readonly pieces?: string | undefined; readonly top?: string | undefined },
): Promise<{ readonly pair: readonly [ClosedModel["model"], ClosedModel["model"]]; readonly end: number }> {
  const [left, right] = [await modelArgument(p, options), await modelArgument(q, options)];
  if (left.end !== right.end) throw new RangeError(`Cannot compare models: expected one end symbol, got ${left.end} and ${right.end}`);
  return { pair: [left.model, right.model], end: left.end };
}
