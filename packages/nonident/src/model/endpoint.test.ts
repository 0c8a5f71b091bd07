import { describe, expect, it } from "vitest";
import { endpoint, type CompletionsClient } from "./endpoint.ts";

const answering = (listed: Record<string, number> | undefined, seen: string[] = []): CompletionsClient => ({
  create({ prompt }) {
    seen.push(prompt);
    return Promise.resolve({ choices: [{ logprobs: listed === undefined ? null : { top_logprobs: [listed] } }] });
  },
});
const options = { model: "m", pieces: ["a", "b", "."] };
const all = { a: Math.log(0.5), b: Math.log(0.25), ".": Math.log(0.25) };

describe("endpoint()", () => {
  it("endpoint() sends each prefix once, as text, and reads log-probabilities in the order of the pieces", async () => {
    const seen: string[] = [];
    const model = endpoint(answering(all, seen), { ...options, start: "> " });
    for (let i = 0; i < 2; i++) expect([...(await model.logProbs([1, 0]))].map((l) => Math.exp(l).toFixed(6))).toEqual(["0.500000", "0.250000", "0.250000"]);
    await model.logProbs([]);
    expect(seen).toEqual(["> ba", "> "]);
    expect(model.vocabulary).toBe(3);
  });

  it("endpoint() refuses tokens that are not listed, or spreads what is left evenly where told", async () => {
    const client = answering({ a: Math.log(0.5) });
    await expect(endpoint(client, options).logProbs([])).rejects.toThrow("expected log-probabilities of all 3 tokens, got 1");
    const spread = await endpoint(client, { ...options, missing: "spread" }).logProbs([]);
    expect([...spread].map((l) => Math.exp(l).toFixed(6))).toEqual(["0.500000", "0.250000", "0.250000"]);
  });

  it("endpoint() refuses answers without log-probabilities, totals above one, and tokens that have no piece; a failure may be asked again", async () => {
    await expect(endpoint(answering(undefined), options).logProbs([])).rejects.toThrow("expected log-probabilities, got none");
    await expect(endpoint(answering({ ...all, b: 0 }), options).logProbs([])).rejects.toThrow("sum to at most 1");
    expect(() => endpoint(answering(all), options).logProbs([3])).toThrow("expected tokens below 3, got 3");
    let fails = true;
    const flaky: CompletionsClient = { create: (request) => (fails ? Promise.reject(new Error("busy")) : answering(all).create(request)) };
    const model = endpoint(flaky, options);
    await expect(model.logProbs([])).rejects.toThrow("busy");
    fails = false;
    expect(await model.logProbs([])).toHaveLength(3);
  });
});
