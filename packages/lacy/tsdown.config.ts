import { defineConfig, type UserConfig } from "tsdown";

const config: UserConfig = defineConfig({
  entry: ["src/index.ts", "src/cli.ts", "src/corpus/index.ts", "src/facts/index.ts", "src/serve/index.ts", "src/facts/annotation-worker.ts"],
  platform: "neutral",
  deps: { neverBundle: [/^node:/] },
  fixedExtension: false,
  dts: true,
  unbundle: true,
  logLevel: "warn",
});

export default config;
