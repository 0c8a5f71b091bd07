import { expect, it } from "vitest";
import { docstringBlocks, markdownBlocks } from "./blocks.ts";
import { matches } from "./matches.ts";
import { exampleModule } from "./module.ts";

const block = (code: string, endsInValue = true): Parameters<typeof exampleModule>[0] => ({ file: "a.ts", line: 10, code, endsInValue });

it("docstringBlocks() finds the code of an example and the line it starts on", () => {
  const source = [
    "/** One. */",
    "const a = 1;",
    "",
    "/**",
    " * Twice x.",
    " *",
    " * @example",
    " * ```ts",
    " * twice(2); // => 4",
    " * ```",
    " */",
    "export function twice() {}",
  ].join("\n");
  expect(docstringBlocks("a.ts", source)).toEqual([{ file: "a.ts", line: 9, code: "twice(2); // => 4", endsInValue: true }]);
});

it("docstringBlocks() reads members of classes and interfaces, and no plain comments or strings", () => {
  const source = "// ```ts\nconst s = `/** ```ts */`;\nclass A {\n  /**\n   * ```ts\n   * 1; // => 1\n   * ```\n   */\n  a = s;\n}";
  expect(docstringBlocks("a.ts", source)).toMatchObject([{ line: 6, code: "1; // => 1" }]);
});

it("markdownBlocks() takes ts blocks only, and asks packages for a value", () => {
  const page = "# A\n\n```sh\nnpm test\n```\n\n```ts\n1;\n2; // => 2\n```\n";
  expect(markdownBlocks("README.md", page)).toEqual([{ file: "README.md", line: 8, code: "1;\n2; // => 2", endsInValue: false }]);
  expect(markdownBlocks("packages/a/README.md", page)[0]!.endsInValue).toBe(true);
});

it("exampleModule() checks each promised value where it stands", () => {
  const { code, values } = exampleModule(block("const x = 1;\nx; // => 1\nawait x + 1; // => 2"));
  expect(values).toBe(2);
  expect(code).toContain(`globalThis.labExample("a.ts:11", "1", (x)); // => 1`);
  expect(code).toContain(`globalThis.labExample("a.ts:12", "2", (await x + 1));`);
});

it("exampleModule() checks statements of several lines and inside blocks", () => {
  expect(exampleModule(block("f(\n  1,\n); // => 1")).values).toBe(1);
  expect(exampleModule(block("{\n  using x = y();\n  x.value; // => 1\n}")).values).toBe(1);
});

it("exampleModule() refuses what it cannot check, naming the line", () => {
  expect(() => exampleModule(block("const x = 1; // => 1"))).toThrow("a.ts:10 Cannot check a value");
  expect(() => exampleModule(block("const x = 1;"))).toThrow("a.ts:10 Cannot run an example: expected it to end in a value");
  expect(() => exampleModule(block("1; // => 1\nconst x = 2;"))).toThrow("expected it to end in a value");
  expect(() => exampleModule(block("1;\n1 +; // => 2"))).toThrow(/^a\.ts:11 /);
  expect(exampleModule(block("const x = 1;", false)).values).toBe(0);
});

it.each([
  [3, "3"],
  [[1, 2], "[ 1, 2 ]"],
  [{ a: { b: [1] } }, "{ a: { b: [ 1 ] } }"],
  ["text", "'text'"],
  ["text", '"text"'],
  ["two\nlines", "two lines"],
  [0.4812118, "0.481…"],
  [[0.25, 0.7500001], "[ 0.25, 0.750… ]"],
  [1.2e-7, "1.2…"],
  ["a long text", "a long…"],
  [Array.from({ length: 20 }, (_, i) => i), `[ ${Array.from({ length: 20 }, (_, i) => i).join(", ")} ]`],
  [{ dataId: {}, rankType: "1", toString: () => "Tensor\n    [1, 2]" }, "Tensor [1, 2]"],
])("matches() accepts %j as %s", (value, promised) => {
  expect(matches(value, promised)).toBe(true);
});

it.each([
  [3, "4"],
  [0.4812118, "0.482…"],
  [0.4812118, "0.48"],
  [[1, 2], "[ 1 ]"],
  ["3", "3.0"],
  [16.9, "1…6"],
  [true, "false"],
])("matches() refuses %j as %s", (value, promised) => {
  expect(matches(value, promised)).toBe(false);
});
