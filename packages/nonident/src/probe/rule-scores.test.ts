import { expect, it } from "vitest";
import { aNbN } from "../language/a-n-b-n.ts";
import { prompts } from "../language/prompts.ts";
import { before, equallyMany } from "../language/rule.ts";
import { ruleScores } from "./rule-scores.ts";

it("ruleScores() of a model that stops at once are the shares of balanced and of ordered prompts", () => {
  const said = prompts(aNbN(), { length: 8 }).outOfDistribution.map((prompt) => ({ prompt, completion: [], finished: true }));
  const { r1, r2, r2Completion, grammatical, finished } = ruleScores(said, { r1: equallyMany([0, 1]), r2: before(0, 1) });
  expect([r1, r2, r2Completion, grammatical, finished]).toEqual([69 / 251, 4 / 251, 1, 0, 1]);
});
