import { defineConfig, type ViteUserConfig } from "vitest/config";

const places = ["packages/*/src", "examples", "bench", ".ci"];
/** A law that must hold on every engine stands in a file `*.engines.test.ts`; `LAB_TEST_ENGINE=wasm` runs these alone, on that engine. */
const engine = process.env["LAB_TEST_ENGINE"];
const ending = process.env["LAB_TEST_SLOW"] ? "slow.test.ts" : engine === undefined ? "test.ts" : "engines.test.ts";

const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: ["@lab/source", "node", "import", "module", "default"] } },
  test: {
    include: places.map((place) => `${place}/**/*.${ending}`),
    exclude: ["**/node_modules/**", "**/dist/**", ...(ending === "test.ts" ? ["**/*.slow.test.ts"] : [])],
    env: engine === undefined ? {} : { LAB_ENGINE: engine },
    testTimeout: ending === "slow.test.ts" ? 20 * 60_000 : 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});

export default config;
