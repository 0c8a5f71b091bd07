import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { Judge } from "./judge.ts";

export type EndpointJudgeOptions = {
  readonly model: string;
  /** Where an OpenAI-compatible service answers; `OPENAI_BASE_URL`, else OpenAI's, unless told. */
  readonly baseURL?: string;
  /** Answers are kept here, by model and question, and never asked for twice. Nothing is kept unless told. */
  readonly cache?: string;
  /** Questions that may be asked, those answered from the cache not counted; one more throws. */
  readonly budget?: number;
  /** Questions under way at a time. */
  readonly concurrency?: number;
  /** Milliseconds for one answer. */
  readonly timeout?: number;
  /** How often a question is asked again, with growing pauses, where the service fails. */
  readonly retries?: number;
  /** `OPENAI_API_KEY` unless told. Services without keys take any. */
  readonly apiKey?: string;
};

/**
 * A judge behind any OpenAI-compatible endpoint: temperature 0, answers kept on the disk, so that a run is repeated without asking again.
 *
 * @throws RangeError for a budget or a concurrency that is none; when it is asked, Error beyond the budget, and what the service answers instead after all retries
 * @example
 * ```ts
 * import { endpointJudge } from "@lab/lacy/facts";
 * const judge = await endpointJudge({ model: "any", budget: 0, apiKey: "none" });
 * await judge("Is it?").catch((error: Error) => error.message); // => 'Cannot ask any: the budget of 0 questions is spent'
 * ```
 */
export async function endpointJudge({
  model,
  baseURL,
  cache,
  budget = Infinity,
  concurrency = 4,
  timeout = 60_000,
  retries = 4,
  apiKey = process.env["OPENAI_API_KEY"] ?? "none",
}: EndpointJudgeOptions): Promise<Judge> {
  if (!(budget >= 0)) throw new RangeError(`Cannot ask ${model}: budget must be at least 0, got ${budget}`);
  if (!(Number.isInteger(concurrency) && concurrency > 0))
    throw new RangeError(`Cannot ask ${model}: concurrency must be a positive whole number, got ${concurrency}`);
  const { OpenAI } = await import("openai");
  const client = new OpenAI({ apiKey, timeout, maxRetries: retries, ...(baseURL !== undefined && { baseURL }) });
  if (cache !== undefined) await mkdir(cache, { recursive: true });
  const underWay = new Map<string, Promise<string>>();
  const waiting: (() => void)[] = [];
  let [asked, free] = [0, concurrency];

  async function ask(prompt: string): Promise<string> {
    if (asked >= budget) throw new Error(`Cannot ask ${model}: the budget of ${budget} questions is spent`);
    asked++;
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free--;
    try {
      const { choices } = await client.chat.completions.create({ model, temperature: 0, messages: [{ role: "user", content: prompt }] });
      return choices[0]?.message.content ?? "";
    } finally {
      // The place goes to the next in line, or back.
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  }
  async function answered(prompt: string, path: string | undefined): Promise<string> {
    const known = path === undefined ? undefined : await readFile(path, "utf8").then((text) => answerIn(text, prompt), absent);
    if (known !== undefined) return known;
    const answer = await ask(prompt);
    if (path !== undefined) await writeFileAtomic(path, JSON.stringify({ model, prompt, answer }));
    return answer;
  }
  return (prompt) => {
    const name = createHash("sha256")
      .update(JSON.stringify([client.baseURL, model, prompt]))
      .digest("hex");
    const before = underWay.get(name);
    if (before !== undefined) return before;
    const answer = answered(prompt, cache === undefined ? undefined : join(cache, `${name}.json`)).finally(() => underWay.delete(name));
    underWay.set(name, answer);
    return answer;
  };
}

/** The answer of a file of the cache; undefined where the file is damaged or another question's. */
function answerIn(text: string, prompt: string): string | undefined {
  try {
    const kept = JSON.parse(text) as { readonly prompt?: unknown; readonly answer?: unknown };
    return kept.prompt === prompt && typeof kept.answer === "string" ? kept.answer : undefined;
  } catch {
    return undefined;
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
