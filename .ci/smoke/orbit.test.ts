import { expect, it } from "vitest";
import { orbitProblems } from "./orbit.ts";

const member = (name: string, area: number, largestDifference = 1e-6): object => ({
  ...{ name, parameters: 100, largestDifference, kl: 0 },
  ...{ sgd: { area: { mean: area, standardError: 0.1 } }, adam: { area: { mean: area, standardError: 0.1 } } },
});
const members = [
  member("as trained", 5, 0),
  member("heads in another order", 5.0001),
  member("values × 4, way out ÷ 4", 6),
  ...["a", "b", "c", "d", "e"].map((name) => member(name, 5.5)),
];
const problems = (change: object): string[] => orbitProblems(JSON.stringify({ engine: "native", seconds: 3, members, ...change }));

it("orbitProblems() finds none in a whole orbit", () => {
  expect(problems({})).toEqual([]);
});

it.each([
  [{ engine: "" }, "engine"],
  [{ seconds: null }, "seconds"],
  [{ members: members.slice(0, 7) }, "expected at least 8, got 7"],
  [{ members: members.with(3, member("a", 5.5, 0.2)) }, "a is another function"],
  [{ members: members.with(1, member("heads in another order", 5.5)) }, "permuted heads learn otherwise"],
  [{ members: members.with(2, member("values × 4, way out ÷ 4", 5)) }, "as if nothing had been done"],
  [{ members: members.with(4, { name: "b", largestDifference: 0 }) }, "expected areas"],
])("orbitProblems() names what is wrong in %j", (change, expected) => {
  expect(problems(change).join("\n")).toContain(expected);
});

it("orbitProblems() refuses a last line that is no JSON object", () => {
  expect(orbitProblems("done")).toEqual(["The last line is not a JSON object: done"]);
});
