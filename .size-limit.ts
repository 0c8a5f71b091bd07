import type { SizeLimitConfig } from "size-limit";

/** What a package adds to a bundle, minified and compressed, beside the peers and engines that its user has anyway. */
const peers = ["@lab/tensor-core", "@tensorflow/*", "node:*"];
const packages: Readonly<Record<string, string>> = {
  "tensor-core": "64 kB",
  pacbayes: "60 kB",
  "sam-vi": "8 kB",
  lacy: "8 kB",
  nonident: "8 kB",
};

const config: SizeLimitConfig = Object.entries(packages).map(([name, limit]) => ({
  name: `@lab/${name}`,
  path: `packages/${name}/dist/index.js`,
  limit,
  ignore: peers,
  modifyEsbuildConfig: (options) => ({ ...options, platform: "node", format: "esm" }),
}));

export default config;
