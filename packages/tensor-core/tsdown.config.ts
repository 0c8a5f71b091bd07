import { defineConfig, type UserConfig } from "tsdown";

const config: UserConfig = defineConfig({
  entry: ["src/index.ts", "src/data/index.ts", "src/hugging-face.ts", "src/report/index.ts", "src/testing/index.ts", "src/engine/cli.ts"],
  platform: "neutral",
  deps: { neverBundle: [/^node:/] },
  fixedExtension: false,
  dts: true,
  unbundle: true,
  logLevel: "warn",
});

export default config;
