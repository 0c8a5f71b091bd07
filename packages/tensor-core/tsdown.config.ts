import { defineConfig, type UserConfig } from "tsdown";

const config: UserConfig = defineConfig({
  entry: ["src/index.ts", "src/data/index.ts", "src/report/index.ts", "src/testing/index.ts", "src/engine/cli.ts"],
  platform: "neutral",
  fixedExtension: false,
  dts: true,
  unbundle: true,
});

export default config;
