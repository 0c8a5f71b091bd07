import { key, uniformNumbers } from "@lab/tensor-core";
import { describe, expect, it } from "vitest";
import { fixedThreshold, runningQuantile, tracking } from "./call-budget.ts";
import { callControl } from "./call-control.ts";

const T = 10_000;
const independent = uniformNumbers(key(1), T);
const correlated = independent.reduce<number[]>((xs, u) => [...xs.slice(-T), 0.9 * (xs.at(-1) ?? 0) + u - 0.5], []);
const streams: { readonly [name: string]: ArrayLike<number> } = {
  independent,
  correlated,
  drifting: independent.map((u, t) => u + t / 1000),
  falling: independent.map((u, t) => u - t / 1000),
  jumping: independent.map((u, t) => u + (t > T / 2 ? 50 : 0)),
};

function calls(control: ReturnType<typeof callControl>, scores: ArrayLike<number>): number {
  for (let t = 0; t < scores.length; t++) control.decide(scores[t]!);
  return control.calls;
}

describe("runningQuantile()", () => {
  it.each(Object.keys(streams))("runningQuantile() keeps to its rate within 0.5 points on %s scores", (name) => {
    for (const rate of [0.05, 0.22, 0.8]) {
      const budget = runningQuantile({ rate, history: [...uniformNumbers(key(2), 200)], memory: 500 });
      expect(Math.abs(calls(callControl(budget), streams[name]!) / T - rate)).toBeLessThan(0.005);
    }
  });

  it("runningQuantile() keeps to its rate within 0.5 points before and after the scores shift and change their shape midway, at its defaults", () => {
    const logistic = uniformNumbers(key(3), 2 * T).map((u) => Math.log(u / (1 - u)));
    // From a bell around 0 to a skew heap above 7 with a heavy tail, and to a narrow one below.
    const shapes = [
      [(x: number) => x, (x: number) => 7 + 3 * Math.exp(x / 2)],
      [(x: number) => x, (x: number) => x / 10 - 4],
    ] as const;
    for (const [before, after] of shapes)
      for (const rate of [0.05, 0.22, 0.6]) {
        const control = callControl(runningQuantile({ rate }));
        const at = (from: number, shape: (x: number) => number): number => {
          const begun = control.calls;
          for (let t = from; t < from + T; t++) control.decide(shape(logistic[t]!));
          return (control.calls - begun) / T;
        };
        expect(Math.abs(at(0, before) - rate)).toBeLessThan(0.005);
        expect(Math.abs(at(T, after) - rate)).toBeLessThan(0.005);
      }
  });

  it("runningQuantile() of constant scores is within one call of its rate at every decision", () => {
    const control = callControl(runningQuantile({ rate: 0.22, history: Array(200).fill(1) as number[] }));
    for (let t = 1; t <= 500; t++) {
      control.decide(1);
      expect(Math.abs(control.calls - 0.22 * t)).toBeLessThanOrEqual(1);
    }
  });

  it("runningQuantile() never calls at rate 0, always at rate 1, never for NaN, and prefers the high scores", () => {
    expect(calls(callControl(runningQuantile({ rate: 0 })), independent.slice(0, 300))).toBe(0);
    expect(calls(callControl(runningQuantile({ rate: 1 })), independent.slice(0, 300))).toBe(300);
    expect(callControl(runningQuantile({ rate: 1 })).decide(NaN).call).toBe(false);
    const control = callControl(runningQuantile({ rate: 0.2, history: [...independent.slice(0, 500)] }));
    const called = [...independent.slice(500, 2500)].filter((score) => control.decide(score).call);
    expect(called.filter((score) => score > 0.75).length / called.length).toBeGreaterThan(0.95);
  });

  it("runningQuantile() refuses what is no budget", () => {
    expect(() => runningQuantile({ rate: 1.2 })).toThrow("rate must be in [0, 1], got 1.2");
    expect(() => runningQuantile({ rate: NaN })).toThrow("got NaN");
    expect(() => runningQuantile({ rate: 0.1, memory: 0 })).toThrow("memory must be a whole number of at least 1, got 0");
  });
});

describe("tracking()", () => {
  it("tracking() is within (B − A + η)/(η t) of its rate at every t, whatever the scores", () => {
    const [rate, learningRate] = [0.22, 0.1];
    const sorted = independent.slice(0, 2000).toSorted();
    for (const scores of [sorted, sorted.toReversed(), sorted.map((_, t) => t % 2), sorted.map(() => 0.4)]) {
      const control = callControl(tracking({ rate, start: 0.5, learningRate }));
      scores.forEach((score, i) => {
        control.decide(score);
        expect(Math.abs(control.calls / (i + 1) - rate)).toBeLessThanOrEqual((1 + learningRate) / (learningRate * (i + 1)) + 1e-9);
      });
    }
  });
});

describe("callControl()", () => {
  it("callControl() in pieces keeps answers of several pieces to the rate of pieces, whatever order they are told in", () => {
    const unit = "pieces";
    const quantile = callControl(runningQuantile({ rate: 0.22, history: [...uniformNumbers(key(2), 200)] }), { unit });
    const tracked = callControl(tracking({ rate: 0.22, start: 0.5, learningRate: 0.05 }), { unit });
    for (const control of [quantile, tracked]) {
      let [own, theirs, waiting, failed] = [0, 0, [] as number[], 0];
      for (let t = 0; t < T; t++) {
        if (!control.decide(independent[t]!).call) own++;
        // Each seventh call has no answer; the others have one to four pieces.
        else waiting.push(control.calls % 7 === 0 ? 0 : 1 + (control.calls % 4));
        if (t % 5 !== 4) continue;
        for (const pieces of waiting.splice(0).toReversed()) {
          control.answered(pieces);
          theirs += pieces;
          own += Number(pieces === 0);
          failed += Number(pieces === 0);
        }
      }
      expect(Math.abs(theirs / (own + theirs) - 0.22)).toBeLessThan(0.005);
      expect([control.decisions, failed > 100, control.calls / T < 0.15]).toEqual([T, true, true]);
    }
    expect(() => callControl(fixedThreshold(0), { unit: "words" as "pieces" })).toThrow('unit must be "decisions" or "pieces", got "words"');
  });
});

describe("fixedThreshold()", () => {
  it("fixedThreshold() calls above its number and counts", () => {
    expect(calls(callControl(fixedThreshold(0)), [1, -1, 0, NaN, 2])).toBe(2);
    expect(() => fixedThreshold(NaN)).toThrow("got NaN");
  });
});
