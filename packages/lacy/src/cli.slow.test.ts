import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ended } from "./command/lacy-command.ts";

const folder = await mkdtemp(join(tmpdir(), "lab-lacy-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

async function result(...words: string[]): Promise<unknown> {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  expect(await ended([...words, "--json"])).toBe(0);
  const line: unknown = log.mock.lastCall?.[0];
  log.mockRestore();
  return JSON.parse(String(line));
}

const cascade = ["--model", at("model"), "--large", at("model"), "--budget", "1"];
beforeAll(async () => {
  const record = { title: "é", text: "é".repeat(60), facts: [["Birth Place", "Bergen"]] };
  await writeFile(at("train.jsonl"), `${JSON.stringify(record)}\n`);
  await result("tokenizer", "--data", at("train.jsonl"), "--out", at("bytes.json"), "--vocabulary", "258");
  const small = ["--layers", "1", "--channels", "8", "--heads", "2", "--context", "16", "--batch", "2", "--rate", "0.1", "--steps", "12", "--threads", "0"];
  await result("train", "--data", at("train.jsonl"), "--tokenizer", at("bytes.json"), "--out", at("model"), ...small);
});

describe("lacy", () => {
  it("lacy waits for an answer of several tokens before it gives the bigger model's stream back", async () => {
    const { pieces } = (await result("generate", "é", ...cascade, "--tokens", "4")) as { pieces: { text: string; by: string }[] };
    expect(pieces.map(({ text, by }) => `${by}: ${text}`)).toEqual(["large: é", "large: é"]);
  });

  it("lacy evaluates a cascade against the facts of the documents, a model of its own on the same places, and asks a judge", async () => {
    let asked = 0;
    const service = createServer((_, response) => {
      asked++;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ choices: [{ message: { role: "assistant", content: "NO" } }] }));
    });
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    const { port } = service.address() as AddressInfo;
    const judge = ["--judge", `endpoint:m@http://127.0.0.1:${port}/v1`, "--proposals", "4"];
    const found = await result("evaluate", "--data", at("train.jsonl"), ...cascade, "--tokens", "4", "--against", at("model"), ...judge);
    service.close();
    expect(found).toMatchObject({ subjects: 1, claims: 0, recall: 0, factualPrecision: { value: null }, callRate: 1 });
    expect(found).toMatchObject({ clozes: 1, leakage: { value: 0 }, clozeAccuracy: { alone: { value: 0 }, cascade: { value: 0 } } });
    const { losses, lossesAgainst } = found as { losses: { totalLoss: number; callLoss: number }; lossesAgainst: object };
    // Budget 1: every place is on the mask.
    expect(losses.totalLoss).toBeCloseTo(losses.callLoss, 6);
    expect(lossesAgainst).toEqual(losses);
    expect(asked).toBeGreaterThan(0);
    expect(found).toMatchObject({ factScore: { initial: { value: null } }, acceptability: [] });
  });
});
