import { expect, it, vi } from "vitest";
import { ended } from "./ended.ts";

it.each([
  ["Interrupted at step 3 of 9; the checkpoint in out goes on from there", 130],
  ["Cannot resume from out: it was written with seed = 1, this run has 2", 2],
  ["Cannot read texts/train.jsonl:2: expected a line of JSON", 2],
  ["Cannot learn from texts: expected at least 2 train documents with facts in their openings, got 0", 2],
  ["Cannot take a record as a document: text: expected string", 2],
  ["Cannot read properties of undefined (reading 'length')", 1],
  ["Something else", 1],
])("ended() of %j is %i, with a stack for what the user cannot mend alone", (message, code) => {
  const exit = vi.spyOn(process, "exit").mockImplementation(() => {
    throw new Error("exit");
  });
  const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
  expect(() => ended(new Error(message))).toThrow("exit");
  expect(exit).toHaveBeenCalledWith(code);
  expect(typeof error.mock.lastCall?.[0]).toBe(code === 1 ? "object" : "string");
  vi.restoreAllMocks();
});
