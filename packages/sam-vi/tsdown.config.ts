import { defineConfig, type UserConfig } from "tsdown";

const config: UserConfig = defineConfig({
  entry: ["src/index.ts"],
  platform: "neutral",
  fixedExtension: false,
  dts: true,
  unbundle: true,
});

export default config;
