import { OpenAI } from "openai";
import { describe, expect, it } from "vitest";
import type { Emission } from "../cascade/generate.ts";
import { cascadeServer } from "./cascade-server.ts";
import type { TextSource } from "./request.ts";

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
    await using server = await cascadeServer(letters(), { model: "m", promptTokens: ({ length }) => length });
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
    expect(chat.usage).toEqual({ prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 });
    let used: unknown;
    for await (const chunk of await client.completions.create({
      model: "m",
      prompt: "xyz",
      stream: true,
      max_tokens: 2,
      stream_options: { include_usage: true },
    }))
      used = chunk.usage ?? used;
    expect(used).toEqual({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 });
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
    const torn = await fetch(`${server.url}/v1/completions`, { method: "POST", body: "{", headers: { authorization: "Bearer s3" } });
    expect(await torn.text()).toContain("Cannot read the request: expected the body to be JSON");
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
});
