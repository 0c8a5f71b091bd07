import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { bytePairTokenizer, decoder, engine, key, learnedBytePairs, own } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { OpenAI } from "openai";
import { describe, expect, it } from "vitest";
import { runningQuantile } from "../cascade/call-budget.ts";
import { endpointContinuation } from "../cascade/endpoint.ts";
import { callControl, generate, type Emission } from "../cascade/generate.ts";
import { languageStreams } from "../cascade/language-streams.ts";
import { cascadeServer } from "./cascade-server.ts";
import type { TextSource } from "./request.ts";

await engine();
const tokenizer = bytePairTokenizer(await learnedBytePairs(["a"], { vocabulary: 258, specials: ["<end>", "<CALL>"] }));
const model = decoder({ vocabulary: 258, context: 24, layers: 1, channels: 8, heads: 2 });
const pieceOf = (text: string): Emission => ({ text, tokens: [1], by: "small", reason: "own", logProb: -1, score: 0, threshold: 0 });
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Writes the letters of the alphabet, with a pause before each. */
function letters(pause = 0): TextSource & { cut: number } {
  const source = async function* (_: string, { maxTokens, signal }: { maxTokens: number; signal: AbortSignal }): AsyncGenerator<Emission> {
    try {
      for (let i = 0; i < Math.min(26, maxTokens); i++) {
        await wait(pause);
        signal.throwIfAborted();
        yield pieceOf(String.fromCharCode(97 + i));
      }
    } finally {
      if (signal.aborted) source.cut++;
    }
  };
  source.cut = 0;
  return source;
}
const clientOf = (url: string, apiKey = "none") => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });

describe("cascadeServer()", () => {
  it("cascadeServer() answers the openai client, whole and streamed, text and chat, with stops and limits", async () => {
    await using server = await cascadeServer(letters(), { model: "m" });
    const client = clientOf(server.url);
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(["m"]);
    const whole = await client.completions.create({ model: "m", prompt: "x", stop: "fg", echo: true });
    expect([whole.choices[0]!.text, whole.choices[0]!.finish_reason]).toEqual(["xabcde", "stop"]);
    const chat = await client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "x" }], max_tokens: 3 });
    expect([chat.choices[0]!.message.content, chat.choices[0]!.finish_reason, chat.usage!.completion_tokens]).toEqual(["abc", "length", 3]);
    let streamed = "";
    for await (const chunk of await client.chat.completions.create({
      model: "m",
      messages: [{ role: "user", content: "x" }],
      stream: true,
      stop: ["mn", "de"],
    }))
      streamed += chunk.choices[0]!.delta.content ?? "";
    expect(streamed).toBe("abc");
    let text = "";
    for await (const chunk of await client.completions.create({ model: "m", prompt: "x", stream: true })) text += chunk.choices[0]!.text;
    expect(text).toBe("abcdefghijklmnopqrstuvwxyz");
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/lacy_tokens_total\{by="small"\} \d\d/);
  });

  it("cascadeServer() refuses what is malformed, too large, unknown or without its token, and goes on", async () => {
    await using server = await cascadeServer(letters(), { model: "m", token: "s3", maxBytes: 500 });
    const post = async (body: string, token = "s3") =>
      (await fetch(`${server.url}/v1/completions`, { method: "POST", body, headers: { authorization: `Bearer ${token}` } })).status;
    expect(await post('{"prompt":"x"}', "no")).toBe(401);
    for (const body of ["", "{", "[]", "{}", '{"prompt":3}', '{"prompt":"x","temperature":-1}', '{"prompt":"x","max_tokens":0}', '{"prompt":"x","n":2}'])
      expect(await post(body)).toBe(400);
    expect(await post(JSON.stringify({ prompt: "x".repeat(600) }))).toBe(413);
    expect(await post('{"prompt":"x","model":"other"}')).toBe(404);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
    await expect(clientOf(server.url, "no").completions.create({ model: "m", prompt: "x" })).rejects.toThrow("expected a bearer token");
    expect(await post('{"prompt":"x"}')).toBe(200);
  });

  it("cascadeServer() stops writing when a stream is cancelled, refuses beyond its limits, and closes with grace", async () => {
    const source = letters(20);
    const server = await cascadeServer(source, { model: "m", concurrency: 1, waiting: 0 });
    const client = clientOf(server.url);
    const stream = await client.completions.create({ model: "m", prompt: "x", stream: true });
    for await (const _ of stream) break;
    await expect.poll(() => source.cut, { timeout: 3000 }).toBe(1);
    await expect.poll(async () => ((await (await fetch(`${server.url}/healthz`)).json()) as { writing: number }).writing).toBe(0);
    const first = client.completions.create({ model: "m", prompt: "x" });
    await wait(60);
    await expect(client.completions.create({ model: "m", prompt: "x" })).rejects.toMatchObject({ status: 429 });
    const closed = server.close();
    expect((await first).choices[0]!.text).toHaveLength(26);
    await closed;
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow("fetch failed");
  });

  it("cascadeServer() writes 200 requests at once over an upstream that is slow and dies, and loses and leaks nothing", async () => {
    let asked = 0;
    const upstream = createServer((_, response) => {
      asked++;
      if (asked > 40) return void response.destroy();
      setTimeout(() => response.setHeader("content-type", "application/json").end(JSON.stringify({ choices: [{ text: "Z", finish_reason: "length" }] })), 5);
    }).listen(0, "127.0.0.1");
    await once(upstream, "listening");
    const large = await endpointContinuation({
      model: "big",
      baseURL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`,
      apiKey: "k",
      retries: 0,
      timeout: 2000,
    });
    const control = callControl(runningQuantile({ rate: 0.2 }));
    using params = own(() => model.init(key(3)));
    await noLeaks(async () => {
      using streams = languageStreams(model, params.value, { start: 256, streams: 8 });
      const source: TextSource = async function* (prompt, { seed, ...options }) {
        using stream = await streams.stream({ signal: options.signal });
        yield* generate(stream, prompt, { tokenizer, large, control, key: key(seed), ...options });
      };
      await using server = await cascadeServer(source, { model: "m", grace: 1000 });
      const client = clientOf(server.url);
      const answers = await Promise.all(
        Array.from(
          { length: 200 },
          (_, seed) => client.completions.create({ model: "m", prompt: `${seed}`, max_tokens: 6, seed }) as unknown as Promise<Answered>,
        ),
      );
      const all = answers.flatMap(({ choices: [choice] }) => {
        expect(choice!.lacy.map(({ text }) => text).join("")).toBe(choice!.text);
        expect(choice!.text.length).toBeGreaterThan(0);
        return choice!.lacy;
      });
      expect(all.filter(({ by }) => by === "large")).toHaveLength(40);
      expect(all.some(({ reason }) => reason === "failed")).toBe(true);
      expect(Math.abs(control.calls / control.decisions - 0.2)).toBeLessThan(0.02);
    });
    expect(large.log.failed).toBeGreaterThan(0);
    upstream.close();
  });
});
type Answered = { readonly choices: readonly { readonly text: string; readonly lacy: readonly Emission[] }[] };
