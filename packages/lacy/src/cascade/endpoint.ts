import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { begun, checkedUnit, LONGEST, type AnswerUnit } from "./answer-unit.ts";
import { stripped, unspaced, type Answer, type Continuation } from "./continuation.ts";

export type EndpointContinuationOptions = {
  readonly model: string;
  /** Where an OpenAI-compatible service answers; `OPENAI_BASE_URL`, else OpenAI's, unless told. */
  readonly baseURL?: string;
  /** `OPENAI_API_KEY` unless told. Services without keys take any. */
  readonly apiKey?: string;
  /** `/completions`, or `/chat/completions` where there is nothing else: another cascade, whose answers are words. */
  readonly speaks?: "completions" | "chat";
  /** One token of the bigger model, or as many as a word or a span takes. A chat gives words at least. */
  readonly answer?: AnswerUnit;
  /** Milliseconds for one answer. */
  readonly timeout?: number;
  /** How often a question is asked again, with growing pauses. */
  readonly retries?: number;
  /** Questions under way at a time, and in a minute. */
  readonly concurrency?: number;
  readonly perMinute?: number;
  /** A folder where answers are kept by service, model and text. Nothing is kept unless told. */
  readonly cache?: string;
  /** After so many failures one after the other nothing is asked for `rest` milliseconds: a dead service costs no time. */
  readonly patience?: number;
  readonly rest?: number;
  /** The price of a million tokens, sent and received. */
  readonly price?: { readonly sent: number; readonly received: number };
  /** Called after each answer, with what it took. */
  readonly onAnswer?: (asked: Asked) => void;
};

/** What a chat is asked for. */
const ASKED = { word: "the next word only", span: "the next word only, or with all words of the name, the date or the number that it begins" } as const;

/** What one question took. */
export type Asked = {
  readonly milliseconds: number;
  readonly cached: boolean;
  readonly failed: boolean;
  readonly sent: number;
  readonly received: number;
  readonly cost: number;
};

/** Questions, answers from the cache, failures, milliseconds, tokens as the service counted them, and their price. */
export type EndpointLog = { asked: number; cached: number; failed: number; milliseconds: number; sent: number; received: number; cost: number };

/**
 * A bigger model behind any OpenAI-compatible endpoint: the next token at temperature 0, or the next word or span; from a chat the next word at least.
 *
 * A text that ends in a space is sent without it, and the space taken off the answer.
 *
 * @throws RangeError for numbers and a unit of answers that are none; when it is asked, what the service answers instead after all retries, the signal's reason, and Error while the service rests after failures
 * @example
 * ```ts
 * import { endpointContinuation } from "@lab/lacy/serve";
 * const large = await endpointContinuation({ model: "any", baseURL: "http://127.0.0.1:9/v1", apiKey: "none", retries: 0 });
 * const answer = async () => large.continue("Mira was born in");
 * await answer().catch(() => large.log.failed); // => 1
 * ```
 */
export async function endpointContinuation({
  model,
  baseURL,
  apiKey = process.env["OPENAI_API_KEY"] ?? "none",
  speaks = "completions",
  answer = "token",
  timeout = 30_000,
  retries = 2,
  concurrency = 8,
  perMinute = Infinity,
  cache,
  patience = 3,
  rest = 5_000,
  price = { sent: 0, received: 0 },
  onAnswer,
}: EndpointContinuationOptions): Promise<Continuation & { readonly log: Readonly<EndpointLog> }> {
  checkedUnit(answer);
  for (const [name, value] of Object.entries({ concurrency, perMinute, patience }))
    if (!(value >= 1 && (value === Infinity || Number.isInteger(value))))
      throw new RangeError(`Cannot ask ${model}: ${name} must be a whole number of at least 1, got ${value}`);
  const [{ OpenAI }, { default: PQueue }] = await Promise.all([import("openai"), import("p-queue")]);
  const client = new OpenAI({ apiKey, timeout, maxRetries: retries, ...(baseURL !== undefined && { baseURL }) });
  const queue = new PQueue({ concurrency, ...(perMinute < Infinity && { interval: 60_000, intervalCap: perMinute }) });
  if (cache !== undefined) await mkdir(cache, { recursive: true });
  const log: EndpointLog = { asked: 0, cached: 0, failed: 0, milliseconds: 0, sent: 0, received: 0, cost: 0 };
  let [failures, until] = [0, 0];

  type Reply = Answer & { readonly sent: number; readonly received: number };
  async function completion(prompt: string, signal: AbortSignal | undefined): Promise<Reply> {
    const most = answer === "token" ? 1 : LONGEST[answer];
    const { choices, usage } = await client.completions.create({ model, prompt, max_tokens: most, temperature: 0 }, { signal });
    const written = choices[0]?.text ?? "";
    const text = answer === "token" ? written : (begun(written, answer) ?? written);
    // The text is over only where the service stopped by itself, after nothing that is left out here. Of one token it says so where it gives none.
    const end = choices[0]?.finish_reason === "stop" && (answer === "token" ? text === "" : text === written);
    return { text, end, sent: usage?.prompt_tokens ?? 0, received: usage?.completion_tokens ?? 0 };
  }
  async function chat(prompt: string, signal: AbortSignal | undefined): Promise<Reply> {
    const messages = [
      {
        role: "system",
        content: `Continue the text of the user. Answer with ${ASKED[answer === "span" ? "span" : "word"]}, with the mark after it if there is one.`,
      },
      { role: "user", content: prompt },
    ] as const;
    const { choices, usage } = await client.chat.completions.create(
      { model, messages: [...messages], temperature: 0, max_tokens: LONGEST[answer] },
      { signal },
    );
    const said = (choices[0]?.message.content ?? "").trim();
    const word = begun(`${said} .`, answer === "span" ? "span" : "word") ?? said;
    const joins = word === "" || /^[\p{P}]/u.test(word) || /\s$/u.test(prompt) || prompt === "";
    return { text: joins ? word : ` ${word}`, end: false, sent: usage?.prompt_tokens ?? 0, received: usage?.completion_tokens ?? 0 };
  }
  function noted(asked: Asked): void {
    log.asked++;
    log.cached += Number(asked.cached);
    log.failed += Number(asked.failed);
    log.milliseconds += asked.milliseconds;
    log.sent += asked.sent;
    log.received += asked.received;
    log.cost += asked.cost;
    onAnswer?.(asked);
  }

  return {
    log,
    async continue(text, { signal } = {}) {
      const sent = unspaced(text);
      const spaced = sent !== text;
      const start = performance.now();
      const took = { cached: false, failed: false, sent: 0, received: 0, cost: 0 };
      const path =
        cache === undefined
          ? undefined
          : join(
              cache,
              `${createHash("sha256")
                .update(JSON.stringify([client.baseURL, model, speaks, sent, ...(answer === "token" ? [] : [answer])]))
                .digest("hex")}.json`,
            );
      const kept =
        path === undefined
          ? undefined
          : await readFile(path, "utf8").then(
              (file) => answerIn(file, sent),
              () => undefined,
            );
      if (kept !== undefined) {
        noted({ ...took, milliseconds: performance.now() - start, cached: true });
        return { text: stripped(kept.text, spaced), end: kept.end };
      }
      try {
        if (performance.now() < until) throw new Error(`Cannot ask ${model}: it failed ${failures} times and rests`);
        const asked = (): Promise<Reply> => (speaks === "chat" ? chat(sent, signal) : completion(sent, signal));
        const reply = await queue.add(asked, { ...(signal !== undefined && { signal }) });
        failures = 0;
        const cost = (reply.sent * price.sent + reply.received * price.received) / 1e6;
        noted({ milliseconds: performance.now() - start, cached: false, failed: false, sent: reply.sent, received: reply.received, cost });
        // A cache that cannot be written costs a question, not a text.
        if (path !== undefined) await writeFileAtomic(path, JSON.stringify({ prompt: sent, text: reply.text, end: reply.end })).catch(() => undefined);
        return { text: stripped(reply.text, spaced), end: reply.end };
      } catch (error) {
        signal?.throwIfAborted();
        if (performance.now() >= until && ++failures >= patience) until = performance.now() + rest;
        noted({ ...took, milliseconds: performance.now() - start, failed: true });
        throw error;
      }
    },
  };
}

/** The answer of a file of the cache; undefined where the file is damaged or another text's. */
function answerIn(file: string, prompt: string): Answer | undefined {
  try {
    const kept = JSON.parse(file) as { readonly prompt?: unknown; readonly text?: unknown; readonly end?: unknown };
    return kept.prompt === prompt && typeof kept.text === "string" && typeof kept.end === "boolean" ? { text: kept.text, end: kept.end } : undefined;
  } catch {
    return undefined;
  }
}
