import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { bytePairTokenizer, decoder, engine, key, learnedBytePairs, own } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { OpenAI } from "openai";
import { describe, expect, it } from "vitest";
import { runningQuantile } from "../cascade/call-budget.ts";
import { endpointContinuation } from "../cascade/endpoint.ts";
import { callControl } from "../cascade/call-control.ts";
import { generate, type Emission } from "../cascade/generate.ts";
import { languageStreams } from "../cascade/language-streams.ts";
import { cascadeServer } from "./cascade-server.ts";
import type { TextSource } from "./request.ts";

await engine();
const tokenizer = bytePairTokenizer(await learnedBytePairs(["a"], { vocabulary: 258, specials: ["<end>", "<CALL>"] }));
const model = decoder({ vocabulary: 258, context: 24, layers: 1, channels: 8, heads: 2 });

describe("cascadeServer()", () => {
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
      const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
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
