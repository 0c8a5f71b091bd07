import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleJson } from "./testing/example-json.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sam-vi-mnist-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Spread = { readonly mean: number; readonly se: number };
type Run = { readonly algorithm: string; readonly gradientEvaluations: number; readonly accuracy: Spread; readonly ece: Spread };
type Result = { readonly engine: string; readonly runs: readonly Run[] };

const names = (out: string): readonly string[] => (existsSync(join(out, "checkpoints")) ? readdirSync(join(out, "checkpoints")) : []);
const results = (out: string): readonly string[] => names(out).filter((name) => name.endsWith(".json"));
/** Trainings that have kept their state and not removed it. */
const begun = (out: string): readonly string[] => names(out).filter((name) => existsSync(join(out, "checkpoints", name, "checkpoint.json")));
/** Those of them that have no result yet. */
const within = (out: string): readonly string[] => begun(out).filter((name) => !results(out).includes(`${name}.json`));

/** The JSON of the example without times; with `after`, it is killed within a training after that many, and gives none. */
async function example(out: string, flags: readonly string[], after?: number): Promise<Result | undefined> {
  const killed = after === undefined ? {} : { killed: () => results(out).length >= after && within(out).length > 0 };
  const result = await exampleJson<Result>({ name: "sam-vi-mnist", out, flags, ...killed });
  return result && { engine: result.engine, runs: result.runs };
}

test("sam-vi-mnist --resume after kill -9 within a training gives the JSON of an uninterrupted run, but for its seconds", async () => {
  const [whole, cut] = [join(root, "whole"), join(root, "cut")];
  const expected = await example(whole, []);
  expect(await example(cut, [], 3)).toBe(undefined);
  expect(results(cut).length).toBeLessThan(results(whole).length);
  expect(within(cut)).toHaveLength(1);
  expect(await example(cut, ["--resume"])).toEqual(expected);
  expect(begun(cut)).toEqual([]);

  // What the numbers must obey, whatever they are.
  const budgets = new Set(expected!.runs.map(({ gradientEvaluations }) => gradientEvaluations));
  expect(budgets.size).toBe(2);
  for (const { accuracy, ece } of expected!.runs) {
    for (const { mean } of [accuracy, ece]) expect(mean).toBeGreaterThanOrEqual(0);
    for (const { mean } of [accuracy, ece]) expect(mean).toBeLessThanOrEqual(1);
  }

  // Another seed must not go on from these checkpoints.
  await expect(example(cut, ["--resume", "--seed", "1"])).rejects.toThrow(/ended with 2: Cannot resume from .*checkpoints/);
});
