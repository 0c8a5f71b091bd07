import { readFile } from "node:fs/promises";
import { systemReason } from "@lab/tensor-core/report";
import type { StringArgDef } from "citty";
import { z } from "zod";
import type { ClosedModel } from "../model/closed-model.ts";
import { endpoint, type CompletionsClient } from "../model/endpoint.ts";
import { modelOfFile } from "../model/model-file.ts";
import { grammarNames, namedGrammar } from "../model/named-grammar.ts";
import { uniformMembers } from "../model/uniform-members.ts";

/** How a model is named on the command line. */
export const MODEL_ARGUMENT =
  "a model: a JSON file of a table; a language with the longest of its equally likely strings, such as dyck-2:8; or an endpoint, endpoint:MODEL@URL";

/** What endpoints need. */
export const endpointArguments: { readonly pieces: StringArgDef; readonly top: StringArgDef; readonly timeout: StringArgDef & { readonly default: string } } = {
  pieces: { type: "string", valueHint: "file", description: "For endpoints: a JSON list of the text of each token, the end symbol last" },
  top: { type: "string", valueHint: "count", description: "For endpoints: how many tokens to ask for; the remainder is spread evenly over the others" },
  timeout: { type: "string", default: "30", valueHint: "seconds", description: "For endpoints: how long one may be silent; it is asked three times" },
};

/** The flags of endpoints, as they are given. */
export type EndpointFlags = { readonly pieces?: string | undefined; readonly top?: string | undefined; readonly timeout?: string | undefined };

async function json(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new RangeError(`Cannot read ${path}: ${systemReason(cause)}`, { cause });
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
async function modelArgument(given: string, { pieces, top, timeout = endpointArguments.timeout.default }: EndpointFlags): Promise<ClosedModel> {
  const remote = /^endpoint:(.+)@(https?:.+)$/.exec(given);
  if (remote !== null) {
    if (pieces === undefined) throw new RangeError("Cannot ask an endpoint: expected --pieces, the text of each token, got none");
    const list = z
      .array(z.string())
      .min(2)
      .safeParse(await json(pieces));
    if (!list.success) throw new RangeError(`Cannot read ${pieces}: expected a JSON list of at least 2 texts`);
    const seconds = realNumber("timeout", timeout);
    if (!(seconds > 0)) throw new RangeError(`Cannot read --timeout: expected seconds above 0, got ${timeout}`);
    const { OpenAI } = await import("openai");
    // Services on one's own machine ask for no key, and the client asks for one.
    const { completions } = new OpenAI({ baseURL: remote[2], apiKey: process.env["OPENAI_API_KEY"] ?? "none", timeout: 1000 * seconds });
    const client: CompletionsClient = {
      create: (request) =>
        completions.create(request).catch((cause: unknown) => {
          throw new Error(`Cannot ask ${given}: ${systemReason(cause)}`, { cause });
        }),
    };
    const options = { model: remote[1]!, pieces: list.data };
    const model = endpoint(client, top === undefined ? options : { ...options, top: wholeNumber("top", top), missing: "spread" });
    return { model, end: list.data.length - 1 };
  }
  const language = /^([\w-]+):(\d+)$/.exec(given);
  if (language !== null) return uniformMembers(namedGrammar(language[1]!), { longest: Number(language[2]) });
  if (grammarNames.includes(given)) throw new RangeError(`Cannot make a model of ${given}: expected the longest string too, such as ${given}:8`);
  const read = await json(given);
  try {
    return modelOfFile(read);
  } catch (cause) {
    throw new RangeError(`Cannot use ${given}: ${systemReason(cause).split("\n", 1)[0]!}`, { cause });
  }
}

/** Two models that close their sequences alike. */
export async function modelPair(
  [p, q]: readonly [string, string],
  options: EndpointFlags,
): Promise<{ readonly pair: readonly [ClosedModel["model"], ClosedModel["model"]]; readonly end: number }> {
  const [left, right] = [await modelArgument(p, options), await modelArgument(q, options)];
  if (left.end !== right.end) throw new RangeError(`Cannot compare models: expected one end symbol, got ${left.end} and ${right.end}`);
  return { pair: [left.model, right.model], end: left.end };
}
