import { expect, test } from "vitest";
import { duration } from "./duration.ts";
import { significant } from "./significant.ts";

test.each([
  [0, "0"],
  [12, "12"],
  [60_000, "60000"],
  [0.99, "0.990"],
  [0.9996, "1.00"],
  [123.456, "123"],
  [99.96, "100"],
  [1234.5, "1235"],
  [-0.00123, "-0.00123"],
  [0.00001234, "1.23e-5"],
  [3.2e21, "3.20e21"],
  [Infinity, "∞"],
  [-Infinity, "-∞"],
  [NaN, "NaN"],
])("significant(%d) is %s", (value, text) => {
  expect(significant(value)).toBe(text);
});

test("significant() refuses a count of digits that is none", () => {
  expect(() => significant(1, 0)).toThrow("Cannot write a number: expected 1 to 15 digits, got 0");
});

test.each([
  [0, "0 s"],
  [9.94, "9.9 s"],
  [9.96, "10 s"],
  [59.4, "59 s"],
  [59.6, "1 min 0 s"],
  [3599.7, "1 h 0 min"],
  [86_400, "24 h 0 min"],
  [NaN, "?"],
  [Infinity, "?"],
])("duration(%d) is %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
