import { decoder, decoderLanguageModel, engine, key, own, tabular, type Autoregressive } from "@lab/tensor-core";
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import { beforeAll, describe, expect, it } from "vitest";
import { leakyMixture } from "../construction/leaky-mixture.ts";
import { prefixEdit, swapped } from "../construction/prefix-edit.ts";
import { coinMixture } from "../language/coin-mixture.ts";
import { extrapolationLanguages } from "../language/extrapolation-language.ts";
import { ginc } from "../language/ginc.ts";
import { aNbN } from "../language/a-n-b-n.ts";
import { prompts, strings } from "../language/prompts.ts";
import { before, equallyMany } from "../language/rule.ts";
import { uniformMembers } from "../model/uniform-members.ts";
import { completionDivergence } from "./completion-divergence.ts";
import { greedyCompletion } from "./greedy-completion.ts";
import { coinPrompts, gincPrompts, inContext } from "./in-context.ts";
import { contrast, contrastRows } from "./probe.ts";
import { ruleExtrapolation } from "./rule-extrapolation.ts";
import { share } from "./share.ts";

beforeAll(() => engine());

const [A, B, END] = [0, 1, 2];
const language = (elsewhere: readonly number[]): Autoregressive =>
  tabular(
    aNbN({ largest: 8 }).sequences.map((sequence) => [sequence, 1 / 8] as const),
    { vocabulary: 3, end: END, elsewhere: () => elsewhere },
  );
const rules = { prompts: prompts(aNbN(), { length: 8 }), r1: equallyMany([A, B]), r2: before(A, B), end: END, longest: 12 };

describe("share()", () => {
  it("share() has limits at which the share is z standard errors away: (p̂ − p)² = z² p(1 − p)/n", () => {
    for (const [successes, count] of [
      [3, 10],
      [69, 251],
      [1, 2],
    ] as const) {
      const { value, lower, upper } = share(successes, { count, alpha: 0.1 });
      const z = normalQuantile(0.95, 0, 1);
      for (const p of [lower, upper]) expect((value - p) ** 2).toBeCloseTo((z * z * p * (1 - p)) / count, 14);
      expect(lower < value && value < upper).toBe(true);
    }
  });

  it("share() of none or all keeps a limit at 0 or 1, of nothing it is unknown, and of what is no share it throws", () => {
    expect([share(0, { count: 5 }).lower, share(5, { count: 5 }).upper]).toEqual([0, 1]);
    expect(share(0, { count: 0 })).toEqual({ value: NaN, lower: 0, upper: 1, count: 0 });
    expect(() => share(3, { count: 2 })).toThrow("got 3 of 2");
    expect(() => share(1, { count: 2, alpha: 1 })).toThrow("alpha in (0, 1), got 1");
  });
});

describe("greedyCompletion()", () => {
  it("greedyCompletion() takes the lowest of equal tokens, and stops at its limit", async () => {
    const even = tabular([[[], 1]], { vocabulary: 3, end: END, elsewhere: () => [1, 1, 0] });
    expect(await greedyCompletion(even, [B], { end: END, longest: 3 })).toEqual({ prompt: [B], completion: [A, A, A], finished: false });
    expect(await greedyCompletion(even, [], { end: END, longest: 3 })).toEqual({ prompt: [], completion: [], finished: true });
  });

  it("greedyCompletion() refuses tokens and ends outside the vocabulary, and prompts that a network cannot hold", async () => {
    const model = language([0, 0, 1]);
    await expect(greedyCompletion(model, [3], { end: END, longest: 3 })).rejects.toThrow("expected tokens below 3, got 3");
    await expect(greedyCompletion(model, [], { end: 3, longest: 3 })).rejects.toThrow("expected an end symbol");
    await expect(greedyCompletion(model, [], { end: END, longest: 0 })).rejects.toThrow("at least 1 token, got 0");
    const small = decoder({ vocabulary: 3, context: 4, layers: 1, channels: 4, heads: 1 });
    using params = own(() => small.init(key(0)));
    using network = decoderLanguageModel(small, params.value, { start: END });
    await expect(greedyCompletion(network, [A, A, A, A], { end: END, longest: 3 })).rejects.toThrow("a prefix of at most 3 tokens, got 4");
  });
});

describe("ruleExtrapolation()", () => {
  it("ruleExtrapolation() of a model that stops at once is the share of prompts that are balanced already", async () => {
    const found = await ruleExtrapolation(rules).measure(language([0, 0, 1]), key(0));
    expect(found["OOD R1"]).toMatchObject({ value: 69 / 251, count: 251 });
    expect(found["OOD R2"]!.value).toBe(4 / 251);
    expect(found["OOD grammatical"]!.value).toBe(0);
    expect(found["ID R1"]).toMatchObject({ value: 1, count: 5 });
    expect(found["ID grammatical"]!.value).toBe(1);
  });

  it("ruleExtrapolation() of a model that never stops has no finished completion to take a share of, and says so", async () => {
    const found = await ruleExtrapolation(rules).measure(language([0, 1, 0]), key(0));
    expect(found["OOD finished"]).toMatchObject({ value: 0, count: 251 });
    expect(found["OOD R1, finished"]).toMatchObject({ value: NaN, count: 0, lower: 0, upper: 1 });
    // Twelve b's after eight symbols: never balanced; the completion alone keeps R2.
    expect([found["OOD R1"]!.value, found["OOD R2 of completions"]!.value]).toEqual([0, 1]);
  });

  it("ruleExtrapolation() takes a language's own rule of completions: of nested brackets all but the symbol that broke it", async () => {
    const nested = extrapolationLanguages().find(({ id }) => id === "L4")!;
    const listed = nested.prompts();
    const stops: Autoregressive = tabular([[[], 1]], { vocabulary: 5, end: 4, elsewhere: () => [0, 0, 0, 0, 1] });
    const found = await ruleExtrapolation({ ...nested, prompts: listed, end: 4, longest: 4 }).measure(stops, key(0));
    const kept = listed.outOfDistribution.filter((prompt) => nested.r2Completion.holds(prompt)).length;
    expect(found["OOD R2 of completions"]!.value).toBe(kept / 32);
  });
});

describe("inContext()", () => {
  const coins = { weights: [0.5, 0.5], heads: [0.1, 0.6] };

  it("inContext() of the exact coin mixture is within 5 standard errors of the enumerated accuracy", async () => {
    const model = coinMixture(coins);
    const draws = 600;
    const found = await inContext({ prompts: coinPrompts(coins), shots: [0, 2, 6], draws }).measure(model, key(3));
    for (const shots of [0, 2, 6]) {
      let truth = 0;
      for (const flips of strings([0, 1], { length: shots })) {
        const next = model.logProbs(flips);
        const said = Number(next[1]! > next[0]!);
        for (const bias of coins.heads) truth += said === Number(bias >= 0.5) ? 0.5 * flips.reduce((x, flip) => x * (flip === 1 ? bias : 1 - bias), 1) : 0;
      }
      const { value, count } = found[`accuracy, ${shots} shots`]!;
      expect(count).toBe(draws);
      expect(Math.abs(value - truth)).toBeLessThanOrEqual(5 * Math.sqrt((truth * (1 - truth)) / draws) + 1e-12);
    }
  });

  it("inContext() tells twins apart from the shot on at which they part, and not before", async () => {
    const p = coinMixture(coins);
    const from = 3;
    const { model } = await prefixEdit(p, strings([0, 1], { length: from }), swapped);
    const probe = inContext({ prompts: coinPrompts(coins), shots: [2, 3, 4], draws: 50 });
    const [ofP, ofQ] = [await probe.measure(p, key(1)), await probe.measure(model, key(1))];
    expect(ofQ["accuracy, 2 shots"]).toEqual(ofP["accuracy, 2 shots"]);
    // A swapped answer of two is right where the other is wrong.
    expect(ofQ["accuracy, 3 shots"]!.value).toBeCloseTo(1 - ofP["accuracy, 3 shots"]!.value, 12);
    expect(ofQ["accuracy, 4 shots"]).toEqual(ofP["accuracy, 4 shots"]);
  });

  it("inContext() asks for GINC's prompts, and refuses labels outside the model's vocabulary", async () => {
    const world = ginc({ key: key(1), values: 4, slots: 3, vocabulary: 10, concepts: 2 });
    const probe = inContext({ prompts: gincPrompts(world, { k: 3 }), shots: [1], draws: 2 });
    const narrow = tabular([[[], 1]], { vocabulary: 2, end: 1 });
    await expect((async () => probe.measure(narrow, key(0)))()).rejects.toThrow("vocabulary of 2");
    expect(() => inContext({ prompts: gincPrompts(world, { k: 3 }), shots: [1], draws: 1 })).toThrow("at least 2 draws, got 1");
    expect(() => inContext({ prompts: gincPrompts(world, { k: 3 }), shots: [0, -1] })).toThrow("at least 0, got -1");
    expect(() => gincPrompts(world, { k: 3, among: [] })).toThrow("got none");
  });
});

describe("completionDivergence()", () => {
  const p = tabular(
    [
      [[A], 0.5],
      [[B], 0.3],
      [[A, B], 0.2],
    ],
    { vocabulary: 3, end: END, elsewhere: () => [0, 0, 1] },
  );
  const q = tabular(
    [
      [[A], 0.4],
      [[B], 0.4],
      [[A, B], 0.2],
    ],
    { vocabulary: 3, end: END, elsewhere: () => [1, 1, 2] },
  );

  it("completionDivergence() of the empty prompt is that of sequences; after a prompt that of the conditionals, and it may be had at probability zero", async () => {
    const [whole, rare, never] = await completionDivergence({ prompts: [[], [A], [B, B]], end: END, longest: 3 }).measure([p, q], key(0));
    // Categorical (.5, .3, .2) against (.4, .4, .2).
    expect(whole!.completion.kl.value).toBeCloseTo(0.0252671539, 10);
    expect(whole!.completion.js.value).toBeCloseTo(0.0063671983, 10);
    expect([whole!.completion.tv.value, whole!.next.tv.value].map((x) => x.toFixed(12))).toEqual(["0.100000000000", "0.100000000000"]);
    expect(rare!.probability.map((x) => x.toFixed(12))).toEqual(["0.700000000000", "0.600000000000"]);
    // After a: (5/7, 2/7) against (2/3, 1/3) of stopping and of b.
    expect(rare!.next.tv.value).toBeCloseTo(1 / 21, 12);
    expect(rare!.next.kl.value).toBeCloseTo((5 / 7) * Math.log(15 / 14) + (2 / 7) * Math.log(6 / 7), 12);
    expect(never!.probability).toEqual([0, 0]);
    // p stops; q stops with ½, and is cut after three tokens.
    expect(never!.completion.kl.value).toBeCloseTo(Math.LN2, 12);
    expect(never!.unfinished.map((x) => x.toFixed(12))).toEqual(["0.000000000000", "0.125000000000"]);
  });

  it("completionDivergence() from draws is within 5 standard errors of the enumeration", async () => {
    const options = { prompts: [[A], []], end: END, longest: 4 };
    const exact = await completionDivergence(options).measure([q, p], key(0));
    const drawn = await completionDivergence({ ...options, draws: 400 }).measure([q, p], key(5));
    drawn.forEach(({ completion }, i) => {
      for (const name of ["kl", "js", "tv"] as const) {
        const { value, standardError } = completion[name];
        expect(Math.abs(value - exact[i]!.completion[name].value)).toBeLessThanOrEqual(5 * standardError + 1e-12);
      }
    });
  });

  it("completionDivergence() keeps what an epsilon certifies, and certifies nothing of prompts that the likelihood does not see", async () => {
    const leak = leakyMixture(p, tabular([[[B, A], 1]], { vocabulary: 3, end: END }), { epsilon: 0.02, disjoint: true });
    const found = await completionDivergence({ prompts: [[A], [B], [B, A]], end: END, longest: 4, epsilon: leak.kl }).measure([p, leak.model], key(0));
    for (const { completion, certifiedTv } of found.slice(0, 2)) expect(completion.tv.value).toBeLessThanOrEqual(certifiedTv!);
    expect(found[2]!.certifiedTv).toBeUndefined();
  });

  it("completionDivergence() is infinite where q excludes what p says, and refuses other vocabularies, tokens and ends", async () => {
    const narrow = tabular([[[A], 1]], { vocabulary: 3, end: END });
    const probe = completionDivergence({ prompts: [[]], end: END, longest: 3 });
    expect((await probe.measure([p, narrow], key(0)))[0]!.completion.kl.value).toBe(Infinity);
    const wide = tabular([[[A], 1]], { vocabulary: 4, end: END });
    await expect((async () => probe.measure([p, wide], key(0)))()).rejects.toThrow("expected one vocabulary, got 3 and 4");
    for (const prompt of [[END], [7]])
      await expect((async () => completionDivergence({ prompts: [prompt], end: END, longest: 3 }).measure([p, q], key(0)))()).rejects.toThrow(
        "other than the end symbol",
      );
  });
});

describe("contrast()", () => {
  it("contrast() finds no divergence and opposite rules of two models of one likelihood", async () => {
    const found = await contrast(ruleExtrapolation(rules), [language([0, 0, 1]), language([0, 1, 0])], { key: key(0), end: END, longest: 20 });
    expect(found.likelihood).toMatchObject({ decision: "equivalent", kl: { value: 0, upper: 0 }, reverseKl: { value: 0 } });
    expect(found.behaviours.map((of) => of["OOD R1"]!.value)).toEqual([69 / 251, 0]);
    const rows = contrastRows(found);
    expect(rows[0]).toMatchObject({ p: "0.000", q: "0.000", apart: "equivalent" });
    expect(rows.find(({ measure }) => measure === "OOD R1")).toMatchObject({ q: expect.stringMatching(/^0\.000 .* of 251$/) as string, apart: "yes" });
    expect(rows.find(({ measure }) => measure === "ID R1")!.apart).toBe("");
  });

  it("contrast() estimates both directions with limits where draws are asked for, and asks both models the same", async () => {
    const [p, q] = [uniformMembers(aNbN(), { longest: 6 }).model, uniformMembers(aNbN(), { longest: 8 }).model];
    const options = { key: key(2), end: END, longest: 12 };
    const seen: unknown[] = [];
    const probe = { name: "keys", measure: (_: Autoregressive, from: unknown) => seen.push(from) };
    const { likelihood } = await contrast(probe, [p, q], { ...options, method: "normal", draws: 300 });
    expect(seen[0]).toEqual(seen[1]);
    // The larger language has one string more, which the smaller one excludes.
    const { likelihood: exact } = await contrast(probe, [p, q], options);
    expect(likelihood.kl.lower <= exact.kl.value && exact.kl.value <= likelihood.kl.upper).toBe(true);
    expect([exact.reverseKl.value, likelihood.reverseKl.value]).toEqual([Infinity, Infinity]);
  });

  it("contrast() refuses two vocabularies before it asks", async () => {
    const wide = tabular([[[A], 1]], { vocabulary: 4, end: END });
    await expect(contrast(ruleExtrapolation(rules), [language([0, 0, 1]), wide], { key: key(0), end: END, longest: 9 })).rejects.toThrow("one vocabulary");
  });
});
