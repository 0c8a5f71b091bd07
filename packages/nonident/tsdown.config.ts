import { defineConfig, type UserConfig } from "tsdown";

const config: UserConfig = defineConfig({
  entry: ["src/index.ts", "src/cli.ts", "src/representation.ts", "src/symmetry/index.ts"],
  platform: "neutral",
  deps: { neverBundle: [/^node:/] },
  fixedExtension: false,
  dts: true,
  unbundle: true,
  logLevel: "warn",
});

export default config;
