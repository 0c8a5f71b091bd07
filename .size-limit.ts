import type { SizeLimitConfig } from "size-limit";

/** What a package adds to a page: bundled for the browser, minified and compressed, beside the peers and engines that its user has anyway. */
const peers = ["@lab/tensor-core", "@tensorflow/*"];
const packages: Readonly<Record<string, string>> = {
  "tensor-core": "52 kB",
  pacbayes: "76 kB",
  "sam-vi": "40 kB",
  lacy: "16 kB",
  nonident: "36 kB",
};

const config: SizeLimitConfig = Object.entries(packages).map(([name, limit]) => ({
  name: `@lab/${name}`,
  path: `packages/${name}/dist/index.js`,
  limit,
  ignore: peers,
}));

export default config;
