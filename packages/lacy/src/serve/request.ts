import { z } from "zod";
import type { Decoding } from "../cascade/decoding.ts";
import type { Emission } from "../cascade/generate.ts";

/** What a server writes with: pieces of text after a prompt, until the signal. `seed` decides what is drawn. */
export type TextSource = (
  prompt: string,
  options: Decoding & { readonly maxTokens: number; readonly seed: number; readonly signal: AbortSignal },
) => AsyncIterable<Emission>;

const stops = z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]).nullish();
const common = {
  model: z.string().optional(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(1).nullish(),
  seed: z.int().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  stop: stops,
  n: z.literal(1).nullish(),
};
const part = z.object({ type: z.literal("text"), text: z.string() });

/** What both bodies ask of the writing. */
export type Wanted = {
  readonly model?: string | undefined;
  readonly temperature?: number | null | undefined;
  readonly top_p?: number | null | undefined;
  readonly top_k?: number | null | undefined;
  readonly seed?: number | null | undefined;
  readonly stream?: boolean | null | undefined;
  readonly stream_options?: { readonly include_usage?: boolean | null | undefined } | null | undefined;
  readonly stop?: string | readonly string[] | null | undefined;
};
type Limit = number | null | undefined;
type Message = { readonly role: string; readonly content: string | readonly { readonly text: string }[] };

/** The body of /v1/completions. */
export const completionBody: z.ZodType<Wanted & { readonly prompt: string; readonly max_tokens?: Limit; readonly echo?: boolean | null | undefined }> =
  z.object({ ...common, prompt: z.string(), max_tokens: z.int().min(1).nullish(), echo: z.boolean().nullish() });
/** The body of /v1/chat/completions. */
export const chatBody: z.ZodType<Wanted & { readonly messages: readonly Message[]; readonly max_tokens?: Limit; readonly max_completion_tokens?: Limit }> =
  z.object({
    ...common,
    messages: z.array(z.object({ role: z.enum(["system", "developer", "user", "assistant"]), content: z.union([z.string(), z.array(part)]) })).min(1),
    max_tokens: z.int().min(1).nullish(),
    max_completion_tokens: z.int().min(1).nullish(),
  });

/** The messages one after the other, as a text to go on with: a model of bare text knows no roles. */
export function promptOf(messages: readonly Message[]): string {
  return messages.map(({ content }) => (typeof content === "string" ? content : content.map(({ text }) => text).join(""))).join("\n");
}
