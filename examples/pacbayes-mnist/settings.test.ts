import { expect, test } from "vitest";
import { settingsOf } from "./settings.ts";

const efforts = ["smoke", "default", "full"] as const;
const engines = ["native", "wasm", "cpu"] as const;

test.each(efforts.flatMap((effort) => engines.map((engine) => [effort, engine] as const)))(
  "settingsOf(%s, %s) names each setting once, by the n that is run",
  (effort, engine) => {
    for (const only of [undefined, "linear", "n 60000"]) {
      const settings = settingsOf(effort, engine, { only });
      expect(new Set(settings.map(({ name }) => name)).size).toBe(settings.length);
      for (const { name, n } of settings) expect(name).toMatch(new RegExp(`n ${n}(,|$)`));
    }
  },
);

test("settingsOf() with a name that no setting has says all that there are", () => {
  expect(() => settingsOf("smoke", "native", { only: "no such name" })).toThrow(/got "no such name"\n {2}binary, linear, n 500, σ₀ 0\.03\n[^]*n 60000$/);
});
