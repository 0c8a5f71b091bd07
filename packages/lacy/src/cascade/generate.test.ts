import { bytePairTokenizer, decoder, engine, key, learnedBytePairs, logProbs, own, type Sequence, type Tokenizer } from "@lab/tensor-core";
import { tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { fixedThreshold, runningQuantile } from "./call-budget.ts";
import { callShares } from "./call-shares.ts";
import { callLogit, callLogProbability, logOdds, margin } from "./call-score.ts";
import { localContinuation, type Continuation } from "./continuation.ts";
import { decoded } from "./decoding.ts";
import { callControl } from "./call-control.ts";
import { generate, type Emission, type GenerateOptions, type SmallModel } from "./generate.ts";
import { languageStreams } from "./language-streams.ts";

await engine();
const bytes: Tokenizer = bytePairTokenizer(await learnedBytePairs(["a"], { vocabulary: 258, specials: ["<end>", "<CALL>"] }));
const pairs: Tokenizer = bytePairTokenizer(await learnedBytePairs(["the cat sat in the hat in oslo, oslo"], { vocabulary: 268, specials: ["<end>"] }));

/** Likes the bytes of one sentence, over and over, and a call where told. */
function reciting(sentence: string, call: (place: number) => number = () => -9, shift = 0): SmallModel {
  const said = [...new TextEncoder().encode(sentence)];
  const logits = (prefix: Sequence): number[] =>
    Array.from({ length: 258 }, (_, v) => shift + (v === said[prefix.length % said.length] ? 5 : v === 257 ? call(prefix.length) : v === 256 ? -50 : 0));
  return { vocabulary: 258, logits, logProbs: (prefix) => logProbs(logits(prefix)) };
}
async function written(small: SmallModel, prompt: string, options: Partial<GenerateOptions>): Promise<Emission[]> {
  const pieces: Emission[] = [];
  for await (const piece of generate(small, prompt, { tokenizer: bytes, end: 256, maxTokens: 30, ...options })) pieces.push(piece);
  return pieces;
}
const tensor = (tokens: number[]): Tensor2D => tensor2d(tokens, [1, tokens.length], "int32");
const text = (pieces: readonly Emission[]): string => pieces.map((piece) => piece.text).join("");
const budget = (rate: number) => callControl(runningQuantile({ rate, history: [0, 1] }));

describe("call scores", () => {
  const z = [1, 4, 2, 3];
  it("margin, logOdds and callLogProbability are those of the definition, from logits and from log-probabilities", () => {
    const p = z.map((each) => Math.exp(each) / z.reduce((sum, other) => sum + Math.exp(other), 0));
    for (const given of [z, logProbs(z), z.map((each) => each + 1000)]) {
      expect(margin(given)).toBeCloseTo(-1, 9);
      expect(logOdds(given)).toBeCloseTo(Math.log(p[3]! / (1 - p[3]!)), 9);
      expect(callLogProbability(given)).toBeCloseTo(Math.log(p[3]!), 9);
      expect(margin(given)).toBeCloseTo(logOdds(given) - Math.log(p[1]! / (1 - p[3]!)), 9);
    }
    expect([callLogit(z), callLogit(z.map((each) => each + 1000))]).toEqual([3, 1003]);
    expect(() => margin([1])).toThrow("at least one token and <CALL>, got 1");
  });
});

describe("decoded()", () => {
  const z = [0, 2, 1, 9];
  it("decoded() draws in proportion to softmax(z/T) of what topK and topP leave, never what is excluded", () => {
    const counts = (options: object): number[] => {
      const seen = [0, 0, 0, 0];
      for (let i = 0; i < 10_000; i++) seen[decoded(z, { uniform: (i + 0.5) / 10_000, excluded: [3], temperature: 2, ...options }).token]! += 1;
      return seen;
    };
    const e = [0, 1, 0.5].map(Math.exp);
    const share = (kept: readonly number[]) => [0, 1, 2, 3].map((v) => (kept.includes(v) ? (1e4 * e[v]!) / kept.reduce((s, k) => s + e[k]!, 0) : 0));
    for (const [options, kept] of [
      [{}, [0, 1, 2]],
      [{ topK: 2 }, [1, 2]],
      [{ topP: 0.6 }, [1, 2]],
      [{ topP: 0.1 }, [1]],
      [{ temperature: 0 }, [1]],
    ] as const)
      expect(counts(options).every((n, v) => Math.abs(n - share(kept)[v]!) <= 1.5)).toBe(true);
    expect(decoded(z, { uniform: 0, excluded: [3] }).logProb).toBeCloseTo(2 - Math.log(1 + Math.exp(2) + Math.exp(1)), 9);
    for (const wrong of [{ temperature: -1 }, { topK: 0 }, { topP: 0 }]) expect(() => decoded(z, { uniform: 0, ...wrong })).toThrow("Cannot decode");
  });
});

describe("generate()", () => {
  it("generate() reads the whole text anew after an answer, or with retokenise append puts the tokens of the answer after the others", async () => {
    const ids = pairs.encode("the");
    const apart = [...pairs.encode("th"), ...pairs.encode("e")];
    expect(ids).not.toEqual(apart);
    const large: Continuation = { continue: () => Promise.resolve({ text: "e", end: false }) };
    for (const [retokenise, expected] of [
      ["whole", ids],
      ["append", apart],
    ] as const) {
      const read: (readonly number[])[] = [];
      const logits = (prefix: Sequence): number[] => {
        read.push([...prefix]);
        return Array.from({ length: 269 }, (_, v) => (v === 268 ? (read.length === 1 ? 9 : -9) : v === 0 ? 1 : 0));
      };
      const small: SmallModel = { vocabulary: 269, logits, logProbs: (prefix) => logProbs(logits(prefix)) };
      await written(small, "th", { tokenizer: pairs, large, control: callControl(fixedThreshold(0)), maxTokens: 2, end: 267, retokenise });
      expect(read[1]).toEqual(expected);
    }
    await expect(written(reciting("x"), "a", { retokenise: "other" as "append" })).rejects.toThrow('retokenise must be "whole" or "append", got "other"');
  });

  it("generate() at rate 0 is the small model's text, at rate 1 the bigger one's, and never holds <CALL>", async () => {
    const large = localContinuation(reciting("the large one. "), { tokenizer: bytes, end: 256, excluded: [257] });
    const small = reciting("a small one. ", () => 99);
    expect(text(await written(small, "", {}))).toBe("a small one. a small one. a sm");
    expect(text(await written(small, "", { large, control: budget(0) }))).toBe("a small one. a small one. a sm");
    expect(text(await written(small, "", { large, control: budget(1) }))).toBe("the large one. the large one. ");
  });

  it("generate() makes the text of its pieces, as many of the bigger model as there are calls without failures, and sends it no <CALL>", async () => {
    const sent: string[] = [];
    let failures = 0;
    const large: Continuation = {
      continue(soFar) {
        sent.push(soFar);
        if (sent.length % 3 !== 0) return { text: " Oslo", end: false };
        failures++;
        throw new Error("upstream died");
      },
    };
    // <CALL> is the likeliest everywhere.
    const small = reciting("a small one 😀. ", (place) => 20 + Math.sin(place * place));
    const control = budget(0.3);
    const pieces = await written(small, "Say: ", { large, control, maxTokens: 200 });
    const theirs = pieces.filter(({ by }) => by === "large");
    expect([failures > 3, theirs.length > 10]).toEqual([true, true]);
    expect([theirs.length, sent.length]).toEqual([control.calls - failures, control.calls]);
    const whole = text(pieces);
    for (const given of sent) expect([`Say: ${whole}`.startsWith(given), given.includes("CALL")]).toEqual([true, false]);
    expect([whole.includes("CALL"), pieces.flatMap(({ tokens }) => tokens).includes(257)]).toEqual([false, false]);
  });

  it("generate() with a cache writes what it writes without one, after each answer that is read anew in other tokens", async () => {
    const model = decoder({ vocabulary: 269, context: 24, layers: 1, channels: 8, heads: 2 });
    using params = own(() => model.init(key(5)));
    const apply = (prefix: Sequence): number[] => {
      const cut = Math.max(0, Math.ceil((prefix.length + 1 - 24) / 12)) * 12;
      using logits = own(() => model.apply(params.value, tensor([267, ...[...prefix].slice(cut)])));
      return [...logits.value.dataSync().slice(-269)];
    };
    const without: SmallModel = { vocabulary: 269, logits: apply, logProbs: (prefix) => logProbs(apply(prefix)) };
    // An answer whose first letter is joined with what stands before: the prefix changes behind the place where the cache ends.
    let given = 0;
    const large: Continuation = { continue: (soFar) => ({ text: soFar.endsWith("t") ? "he cat" : " in t", end: ++given > 40 }) };
    const run = async (small: SmallModel): Promise<Emission[]> => {
      given = 0;
      const control = callControl(runningQuantile({ rate: 0.4, history: [-1, 1] }));
      return written(small, "the cat sat in t", { tokenizer: pairs, large, control, maxTokens: 40, end: 267, temperature: 0.8, key: key(9) });
    };
    using streams = languageStreams(model, params.value, { start: 267, streams: 1 });
    using stream = await streams.stream();
    const [cached, plain] = [await run(stream), await run(without)];
    expect(cached.map(({ text, by, reason }) => `${by} ${reason} ${text}`)).toEqual(plain.map(({ text, by, reason }) => `${by} ${reason} ${text}`));
    // Float32 sums in another order; not derived.
    cached.forEach(({ score }, i) => expect(Number.isNaN(score) ? Number.isNaN(plain[i]!.score) : Math.abs(score - plain[i]!.score) < 1e-4).toBe(true));
    expect(cached.filter(({ by }) => by === "large").length).toBeGreaterThan(5);
  });

  it("generate() does not depend on the budget where both models are the same", async () => {
    const sentence = "naïve Ωmega 😀 says. ";
    const small = reciting(sentence, (place) => Math.sin(place * place));
    const large = localContinuation(small, { tokenizer: bytes, end: 256, excluded: [257] });
    for (const rate of [0, 0.2, 0.6, 1]) expect(text(await written(small, "", { large, control: budget(rate), maxTokens: 50 }))).toBe(sentence.repeat(2));
  });

  it("generate() hands text over between different tokenizers and reads it anew", async () => {
    const sent: string[] = [];
    const goal = "born in oslo, the cat sat";
    const model = {
      vocabulary: 268,
      logProbs(prefix: Sequence) {
        sent.push(pairs.decode(prefix));
        const [next] = pairs.encode(goal.slice(sent.at(-1)!.length));
        return logProbs(Array.from({ length: 268 }, (_, v) => (v === next ? 9 : 0)));
      },
    };
    const large = localContinuation(model, { tokenizer: pairs });
    const pieces = await written(
      reciting("in.", (place) => (place > 5 ? 9 : -9)),
      "born in",
      { large, control: callControl(fixedThreshold(0)), maxTokens: 14 },
    );
    expect(sent[0]).toBe("born in");
    expect(goal.startsWith(`born in${text(pieces)}`) && text(pieces).length >= 14 && pieces.length < text(pieces).length).toBe(true);
    for (const piece of pieces) expect(bytes.decode(piece.tokens)).toBe(piece.text);
    expect(new Set(pieces.map((piece) => piece.by))).toEqual(new Set(["large"]));
  });

  it("generate() takes a token, a word or a span for a call, and shares of calls, pieces and characters are told apart", async () => {
    const goal = "Ada was born in New Ross 1911. ";
    for (const [answer, first] of [
      ["token", "A"],
      ["word", "Ada"],
      ["span", "Ada"],
    ] as const) {
      const large = localContinuation(reciting(goal), { tokenizer: bytes, end: 256, excluded: [257], answer });
      const small = reciting("-".repeat(31), (place) => (place === 0 || place === 15 ? 9 : -9));
      const recited = goal.slice(0, 15);
      const [called] = await written(small, "", { large, control: callControl(fixedThreshold(0)), maxTokens: 1 });
      expect([called!.text, called!.by]).toEqual([first, "large"]);
      const pieces = await written(small, recited, { large, control: callControl(fixedThreshold(0)), maxTokens: 18 });
      const given = { token: " ", word: " New", span: " New Ross 1911." }[answer];
      expect([pieces[0]!.text, text(pieces)]).toEqual([given, given + "-".repeat(18 - given.length)]);
      const { decisions, calls, callRate, pieceRate, characterRate } = callShares(pieces);
      expect([decisions, calls, callRate, pieceRate, characterRate]).toEqual([
        19 - given.length,
        1,
        1 / (19 - given.length),
        given.length / 18,
        given.length / 18,
      ]);
    }
    expect(() => localContinuation(reciting("a"), { tokenizer: bytes, answer: "line" as "word" })).toThrow(
      'answer must be "token", "word" or "span", got "line"',
    );
  });

  it("generate() in pieces keeps the bigger model's share of the text, which in decisions is more where answers are long", async () => {
    const large: Continuation = { continue: () => ({ text: "four", end: false }) };
    const share = async (unit: "decisions" | "pieces"): Promise<{ readonly callRate: number; readonly pieceRate: number }> => {
      const control = callControl(runningQuantile({ rate: 0.2, history: Array.from({ length: 200 }, (_, i) => Math.sin(i * i) - 5) }), { unit });
      return callShares(
        await written(
          reciting("abcdefg", (place) => Math.sin(place * place)),
          "",
          { large, control, maxTokens: 600 },
        ),
      );
    };
    const [decisions, pieces] = [await share("decisions"), await share("pieces")];
    // 600 pieces, an answer of four: the correction leaves a few of them over.
    expect(Math.abs(decisions.callRate - 0.2)).toBeLessThan(0.02);
    expect(Math.abs(pieces.pieceRate - 0.2)).toBeLessThan(0.02);
    expect([decisions.pieceRate > 0.4, pieces.callRate < 0.1]).toEqual([true, true]);
  });

  it("generate() goes on by itself where the bigger model fails or says nothing, and counts calls", async () => {
    let asked = 0;
    const large: Continuation = {
      continue() {
        asked++;
        if (asked % 2 === 1) throw new Error("upstream died");
        return { text: "", end: false };
      },
    };
    const control = callControl(fixedThreshold(0));
    const pieces = await written(
      reciting("abcdef", () => 9),
      "",
      { large, control, maxTokens: 6 },
    );
    expect(text(pieces)).toBe("abcdef");
    expect(pieces.map(({ by, reason, failure }) => `${by} ${reason} ${failure ?? ""}`.trim())).toEqual(
      [0, 1, 2, 3, 4, 5].map((i) => (i % 2 === 0 ? "small failed upstream died" : "small unanswered")),
    );
    expect([control.calls, asked]).toEqual([6, 6]);
    expect(callShares(pieces)).toEqual({ decisions: 6, calls: 6, callRate: 1, pieceRate: 0, characterRate: 0 });
  });

  it("generate() tells a failure also where the small model ends the text in its place", async () => {
    const logits = (prefix: Sequence): number[] => Array.from({ length: 258 }, (_, v) => (v === 257 ? 9 : v === (prefix.length === 1 ? 256 : 97) ? 5 : 0));
    const small: SmallModel = { vocabulary: 258, logits, logProbs: (prefix) => logProbs(logits(prefix)) };
    const large: Continuation = { continue: () => Promise.reject(new Error("upstream died")) };
    const pieces = await written(small, "", { large, control: callControl(fixedThreshold(0)) });
    expect(pieces.map(({ text, tokens, reason, failure }) => ({ text, tokens, reason, failure }))).toEqual([
      { text: "a", tokens: [97], reason: "failed", failure: "upstream died" },
      { text: "", tokens: [], reason: "failed", failure: "upstream died" },
    ]);
    expect(callShares(pieces)).toEqual({ decisions: 2, calls: 2, callRate: 1, pieceRate: 0, characterRate: 0 });
  });

  it("generate() stops at the signal, and does not call that a failure", async () => {
    const stop = new AbortController();
    const large: Continuation = {
      continue: (_, { signal } = {}) => new Promise((_resolve, reject) => signal!.addEventListener("abort", () => reject(new Error("cut")))),
    };
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await expect(
      written(
        reciting("ab", () => 9),
        "",
        { large, control: callControl(fixedThreshold(0)), signal: stop.signal },
      ),
    ).rejects.toThrow("enough");
  });

  it("generate() decides alike for shifted logits, but not by the bare logit", async () => {
    const decisions = async (shift: number, callScore: typeof margin) => {
      const pieces = await written(reciting("abc", Math.sin, shift), "", {
        large: { continue: () => ({ text: "", end: false }) },
        control: callControl(fixedThreshold(callScore === callLogit ? 0.5 : -4.5)),
        callScore,
      });
      return pieces.map(({ reason }) => reason).join();
    };
    for (const score of [margin, logOdds, callLogProbability]) expect(await decisions(7, score)).toBe(await decisions(0, score));
    expect(await decisions(7, callLogit)).not.toBe(await decisions(0, callLogit));
    const { logits: _, ...without } = reciting("abc");
    await expect(written(without, "", { callScore: callLogit })).rejects.toThrow("a model that gives logits");
  });
});

describe("languageStreams()", () => {
  const model = decoder({ vocabulary: 258, context: 24, layers: 1, channels: 8, heads: 2 });

  it("languageStreams() answer what the decoder answers without a cache, for many streams at once and beyond the context", async () => {
    using params = own(() => model.init(key(3)));
    await noLeaks(async () => {
      using streams = languageStreams(model, params.value, { start: 256, streams: 3 });
      const texts = ["ab", "a longer one here", "c"];
      await Promise.all(
        [...texts, ...texts].map(async (prompt, i) => {
          using stream = await streams.stream();
          for (let n = 1; n <= 34; n += 1 + i) {
            const prefix = bytes.encode(prompt.repeat(40).slice(0, n));
            const found = await stream.logProbs(prefix);
            const cut = Math.max(0, Math.ceil((prefix.length + 1 - 24) / 12)) * 12;
            using exact = own(() => model.apply(params.value, tensor([256, ...prefix.slice(cut)])));
            const last = logProbs((await exact.value.array())[0]!.at(-1)!);
            // Both are float32 sums in another order; not derived.
            expect(Math.max(...found.map((l, v) => Math.abs(l - last[v]!)))).toBeLessThan(1e-4);
          }
        }),
      );
      expect([streams.busy, streams.waiting]).toEqual([0, 0]);
    });
  });

  it("languageStreams() lend in order, and let who waits go away", async () => {
    using params = own(() => model.init(key(3)));
    using streams = languageStreams(model, params.value, { start: 256, streams: 1 });
    const first = await streams.stream();
    const stop = new AbortController();
    const [gone, next] = [streams.stream({ signal: stop.signal }), streams.stream()];
    stop.abort(new Error("left"));
    await expect(gone).rejects.toThrow("left");
    first[Symbol.dispose]();
    using second = await next;
    expect((await second.logProbs([1])).length).toBe(258);
    await expect(first.logProbs([1])).rejects.toThrow("it was given back");
    await expect(second.logProbs([258])).rejects.toThrow("expected tokens below 258, got 258");
  });
});
