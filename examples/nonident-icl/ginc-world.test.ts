import { hiddenMarkovMixture, prefixLogProb, sequenceKl, strings, type HiddenMarkov } from "@lab/nonident";
import { expect, it } from "vitest";
import { delimited, gincTwin, K, shotsCurve } from "./ginc-world.ts";

const slow: HiddenMarkov = {
  start: [0.5, 0.5],
  transitions: [
    [0.9, 0.1],
    [0.3, 0.7],
  ],
  emissions: [
    [0.8, 0.2],
    [0.1, 0.9],
  ],
};
const quick: HiddenMarkov = {
  start: [0.2, 0.8],
  transitions: [
    [0.4, 0.6],
    [0.6, 0.4],
  ],
  emissions: [
    [0.7, 0.3],
    [0.3, 0.7],
  ],
};
const concepts = [slow, quick];
const p = hiddenMarkovMixture(concepts);

it("delimited() is the probability of all documents with delimiters where those of n examples stand", async () => {
  const found = delimited(concepts, 2);
  expect(found[0]).toBe(1);
  for (const n of [1, 2]) {
    const length = n * (K + 1);
    const pattern = strings([0, 1], { length }).filter((string) => string.every((token, t) => t % (K + 1) !== K || token === 0));
    const sum = (await Promise.all(pattern.map((string) => prefixLogProb(p, string)))).reduce((total, logProb) => total + Math.exp(logProb), 0);
    expect(found[n]).toBeCloseTo(sum, 10);
  }
});

it("gincTwin() has a divergence that is above zero and at most what it claims, by enumeration", async () => {
  const length = 10;
  for (const from of [0, 1]) {
    const { model, klAtMost } = gincTwin(p, concepts, { from, length });
    const { value } = await sequenceKl([p, model], { end: undefined, longest: length });
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThanOrEqual(klAtMost);
    // A prefix of no prompt, and one of fewer shots, are answered as p does.
    expect([...(await model.logProbs([1]))]).toEqual([...p.logProbs([1])]);
  }
  const { model } = gincTwin(p, concepts, { from: 1, length });
  expect([...(await model.logProbs([1, 1, 1]))]).toEqual([...p.logProbs([1, 1, 1])]);
  expect([...(await model.logProbs([1, 1, 1, 1, 1, 0, 1, 0]))]).toEqual([...p.logProbs([1, 1, 1, 1, 1, 0, 1, 0])]);
  expect([...(await model.logProbs([1, 1, 1, 1, 0, 0, 1, 0]))]).not.toEqual([...p.logProbs([1, 1, 1, 1, 0, 0, 1, 0])]);
});

it("shotsCurve() asks for more shots the smaller the divergence may be", () => {
  const shots = shotsCurve(concepts, [1, 0.1, 0.01]).map((point) => point.shots);
  expect([...shots].sort((x, y) => x - y)).toEqual(shots);
  expect(shots[2]! > shots[0]!).toBe(true);
});
