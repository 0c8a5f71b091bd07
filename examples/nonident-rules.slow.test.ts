import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleJson } from "./testing/example-json.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "nonident-rules-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Spread = { readonly mean: number; readonly sd: number };
type Regime = { readonly name: string; readonly testLoss: Spread; readonly oodR1: Spread; readonly idR1: Spread };
type Result = { readonly floor: number; readonly regimes: readonly Regime[] };

const looks = (out: string, regime: string): readonly string[] => {
  const folder = join(out, "checkpoints", regime);
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^looks-.*json$/.test(name)) : [];
};

/** The JSON of the example without times; with `within`, it is killed after that regime's first look, and gives none. */
async function example(out: string, flags: readonly string[], within?: string): Promise<Result | undefined> {
  const killed = within === undefined ? {} : { killed: () => looks(out, within).length > 0 };
  const result = await exampleJson<Result>({ name: "nonident-rules", out, flags, ...killed });
  return result && ({ ...result, seconds: 0 } as Result);
}

test("nonident-rules --resume after kill -9 within the second regime gives the JSON of an uninterrupted run, but for its seconds", async () => {
  const [whole, cut] = [join(root, "whole"), join(root, "cut")];
  const expected = (await example(whole, []))!;
  const regimes = ["max-likelihood", "adversarial", "oracle"];
  expect(expected.regimes.map(({ name }) => name.replaceAll(" ", "-"))).toEqual(regimes);
  expect(await example(cut, [], "adversarial")).toBe(undefined);
  expect(regimes.map((regime) => looks(cut, regime).length)).toEqual([2, 1, 0]);
  expect(regimes.map((regime) => looks(whole, regime).length)).toEqual([2, 2, 2]);
  expect(await example(cut, ["--resume"])).toEqual(expected);

  // What the numbers must obey, whatever they are: the cross-entropy of the language is the least.
  expect(expected.floor).toBeCloseTo(Math.log(128) / 257, 12);
  for (const { testLoss, oodR1, idR1 } of expected.regimes) {
    expect(testLoss.mean).toBeGreaterThan(expected.floor);
    for (const { mean } of [oodR1, idR1]) expect(mean).toBeGreaterThanOrEqual(0);
    for (const { mean } of [oodR1, idR1]) expect(mean).toBeLessThanOrEqual(1);
  }

  // Another seed must not go on from these checkpoints.
  await expect(example(cut, ["--resume", "--seed", "1"])).rejects.toThrow(/ended with 2: Cannot resume from .*checkpoints/);
});
