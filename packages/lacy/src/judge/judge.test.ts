import { once } from "node:events";
import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { judgedSpans } from "../facts/judged-spans.ts";
import { endpointJudge } from "./endpoint-judge.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Request = { readonly model: string; readonly temperature: number; readonly messages: readonly { readonly content: string }[] };

/** A service that answers with what it was asked, after it failed so many times. */
async function service({ failures = 0, delay = 0 } = {}): Promise<{ readonly baseURL: string; readonly asked: Request[]; readonly most: () => number }> {
  const asked: Request[] = [];
  let [left, now, most] = [failures, 0, 0];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        if (left-- > 0) return void response.writeHead(500).end("{}");
        const question = JSON.parse(body) as Request;
        asked.push(question);
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ choices: [{ message: { content: `You said ${question.messages[0]!.content}` } }] }));
      }, delay);
    });
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked, most: () => most };
}

describe("endpointJudge()", () => {
  it("endpointJudge() asks at temperature 0, once for each question, and not again in another run", async () => {
    const { baseURL, asked } = await service();
    const cache = await mkdtemp(join(tmpdir(), "lab-judge-"));
    const judge = await endpointJudge({ model: "m", baseURL, cache, apiKey: "k" });
    expect(await Promise.all([judge("a"), judge("a"), judge("b")])).toEqual(["You said a", "You said a", "You said b"]);
    expect(asked.map(({ model, temperature }) => [model, temperature])).toEqual([
      ["m", 0],
      ["m", 0],
    ]);
    const again = await endpointJudge({ model: "m", baseURL, cache, budget: 0, apiKey: "k" });
    expect(await again("b")).toBe("You said b");
    await expect(again("c")).rejects.toThrow("Cannot ask m: the budget of 0 questions is spent");
    expect(asked).toHaveLength(2);
    // A damaged file of the cache is asked for anew.
    for (const name of await readdir(cache)) await writeFile(join(cache, name), "{");
    expect(await judge("a")).toBe("You said a");
    expect(asked).toHaveLength(3);
  });

  it("endpointJudge() asks again where the service fails, and gives up after its retries", async () => {
    const { baseURL } = await service({ failures: 1 });
    expect(await (await endpointJudge({ model: "m", baseURL, apiKey: "k", retries: 2 }))("a")).toBe("You said a");
    const broken = await service({ failures: 9 });
    await expect((await endpointJudge({ model: "m", baseURL: broken.baseURL, apiKey: "k", retries: 0 }))("a")).rejects.toThrow("500");
  });

  it("endpointJudge() keeps to its concurrency", async () => {
    const { baseURL, most, asked } = await service({ delay: 30 });
    const judge = await endpointJudge({ model: "m", baseURL, apiKey: "k", concurrency: 2 });
    await Promise.all(Array.from({ length: 7 }, (_, i) => judge(`${i}`)));
    expect([most(), asked.length]).toEqual([2, 7]);
    await expect(endpointJudge({ model: "m", concurrency: 0 })).rejects.toThrow("concurrency must be a positive whole number, got 0");
    await expect(endpointJudge({ model: "m", budget: -1 })).rejects.toThrow("budget must be at least 0, got -1");
  });
});

describe("judgedSpans()", () => {
  it("judgedSpans() finds phrases in order, and leaves out what does not stand in the text", async () => {
    const text = "Oduya met Oduya in Leeds, and left Leeds.";
    const spans = await judgedSpans(text, async () => "Here:\n- Oduya\n* Oduya\n- Rome\n- Leeds\n\n- ");
    expect(spans.map(({ kind }) => Number(kind === "factual"))).toEqual([1, 0, 1, 0, 1, 0, 0, 0]);
    expect(await judgedSpans(" ", () => Promise.reject(new Error("asked")))).toEqual([]);
  });
});
