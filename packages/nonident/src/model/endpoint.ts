import { logProbs, logSumExp, type Autoregressive, type LogProbs } from "@lab/tensor-core";

/** What is asked of a client of an OpenAI-compatible service: `openai`'s `new OpenAI({ baseURL }).completions` is one. */
export interface CompletionsClient {
  create(request: {
    readonly model: string;
    readonly prompt: string;
    readonly max_tokens: number;
    readonly logprobs: number;
    readonly temperature: number;
  }): PromiseLike<{
    readonly choices: readonly { readonly logprobs?: { readonly top_logprobs?: readonly (Readonly<Record<string, number>> | null)[] | null } | null }[];
  }>;
}

export type EndpointOptions = {
  readonly model: string;
  /** The text of each token; what a prefix is sent as, and what the answer is read by. */
  readonly pieces: readonly string[];
  /** How many of the likeliest tokens to ask for: all of them unless told; services give few. */
  readonly top?: number;
  /** Text before every prefix, which stands for the start of a sequence. */
  readonly start?: string;
  /** Tokens that the service does not list: "refuse" them, or "spread" the probability left over evenly among them. */
  readonly missing?: "refuse" | "spread";
};

/**
 * A remote model as p(· | prefix), from the log-probabilities of the next token that an OpenAI-compatible service of completions reports.
 *
 * Every prefix is asked for once. Log-probabilities of the listed tokens are taken as they are, those of unlisted ones are what "missing" says: a spread
 * remainder is a guess, and divergences of it are too. Text is sent, so that the service splits it into tokens its own way; where it splits otherwise
 * than `pieces` the answer is that of another prefix.
 *
 * @throws RangeError, when asked, for tokens that have no piece, an answer without log-probabilities, tokens that are missing, or listed ones with more
 * probability than one
 * @example
 * ```ts
 * import { endpoint } from "@lab/nonident";
 * const client = { create: async () => ({ choices: [{ logprobs: { top_logprobs: [{ a: Math.log(0.75), b: Math.log(0.25) }] } }] }) };
 * const model = endpoint(client, { model: "two-letters", pieces: ["a", "b"] });
 * [...(await model.logProbs([0]))].map((l) => Math.exp(l).toFixed(2)); // => [ '0.75', '0.25' ]
 * ```
 */
export function endpoint(client: CompletionsClient, { model, pieces, top = pieces.length, start = "", missing = "refuse" }: EndpointOptions): Autoregressive {
  const answers = new Map<string, Promise<LogProbs>>();
  const asked = async (prompt: string): Promise<LogProbs> => {
    const { choices } = await client.create({ model, prompt, max_tokens: 1, logprobs: top, temperature: 1 });
    const listed = choices[0]?.logprobs?.top_logprobs?.[0];
    if (listed === null || listed === undefined) throw new RangeError(`Cannot read an answer of ${model}: expected log-probabilities, got none`);
    const found = pieces.map((piece) => (Object.hasOwn(listed, piece) ? listed[piece]! : undefined));
    const absent = found.filter((l) => l === undefined).length;
    const known = logSumExp(found.filter((l) => l !== undefined));
    // Services round: a total of one is not met exactly.
    if (!(known <= SLACK)) throw new RangeError(`Cannot read an answer of ${model}: expected probabilities that sum to at most 1, got ${Math.exp(known)}`);
    if (absent === 0) return logProbs(found.map((l) => l!));
    if (missing === "refuse")
      throw new RangeError(`Cannot read an answer of ${model}: expected log-probabilities of all ${pieces.length} tokens, got ${pieces.length - absent}`);
    const rest = Math.log(Math.max(0, -Math.expm1(Math.min(0, known))) / absent);
    return logProbs(found.map((l) => l ?? rest));
  };
  return {
    vocabulary: pieces.length,
    logProbs(prefix) {
      const stray = prefix.find((token) => pieces[token] === undefined);
      if (stray !== undefined) throw new RangeError(`Cannot ask ${model}: expected tokens below ${pieces.length}, got ${stray}`);
      const prompt = start + prefix.map((token) => pieces[token]).join("");
      const answer = answers.get(prompt) ?? asked(prompt);
      answers.set(prompt, answer);
      // A failed question may be asked again.
      answer.catch(() => answers.delete(prompt));
      return answer;
    },
  };
}

/** Nats by which a listed distribution may exceed a total of one. */
const SLACK = 1e-3;
