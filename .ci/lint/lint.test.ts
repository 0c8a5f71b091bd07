import { at, bad, law } from "./law.ts";

const lacy = "packages/lacy/src/selection/highest.ts";

law("layering", "lets imports go downward only, through the front door", {
  valid: [
    at(lacy, `import { key } from "@lab/tensor-core"; import { add } from "@tensorflow/tfjs-core"; import nlp from "compromise";`),
    at(lacy, `import { loss } from "../evidence/token-loss.ts";`),
    at("packages/lacy/src/a.test.ts", `import { noLeaks } from "@lab/tensor-core/testing"; import "@tensorflow/tfjs-layers";`),
    at("packages/sam-vi/src/layers/sam.ts", `import { train } from "@tensorflow/tfjs-layers";`),
    at("packages/tensor-core/src/tree/tree.ts", `import { key } from "../random/key.ts"; import "@tensorflow/tfjs-backend-wasm";`),
    at(
      "examples/pacbayes-mnist.ts",
      `import { maurer } from "@lab/pacbayes"; import { key } from "@lab/tensor-core"; import { cell } from "./notebook/cell.ts";`,
    ),
  ],
  invalid: [
    bad("packages/tensor-core/src/run.ts", `import { maurer } from "@lab/pacbayes";`, /imports no other of our packages/),
    bad("packages/tensor-core/src/run.ts", `import { key } from "@lab/tensor-core";`, /its own files by path/),
    bad("packages/tensor-core/src/run.test.ts", `export { maurer } from "@lab/pacbayes";`, /imports no other of our packages/),
    bad(lacy, `import { maurer } from "@lab/pacbayes";`, /lacy imports only @lab\/tensor-core of ours/),
    bad(lacy, `import type { Bound } from "@lab/pacbayes";`, /lacy imports only/),
    bad(lacy, `const bounds = await import("@lab/pacbayes");`, /lacy imports only/),
    bad(lacy, `type Bound = import("@lab/pacbayes").Bound;`, /lacy imports only/),
    bad("packages/lacy/src/a.test.ts", `import { maurer } from "@lab/pacbayes";`, /lacy imports only/),
    bad(lacy, `export * from "@lab/pacbayes";`, /lacy imports only/),
    bad(lacy, `import { noLeaks } from "@lab/tensor-core/testing";`, /Only tests import/),
    bad(lacy, `import { sequential } from "@tensorflow/tfjs-layers";`, /only "@tensorflow\/tfjs-core"/),
    bad(lacy, `import { add } from "@tensorflow/tfjs-core/dist/ops/add.js";`, /only "@tensorflow\/tfjs-core"/),
    bad(lacy, `import { maurer } from "../../../pacbayes/src/bounds/maurer.ts";`, /by its name, not by a path/),
    bad("examples/pacbayes-mnist.ts", `import { maurer } from "../packages/pacbayes/src/bounds/maurer.ts";`, /by its name, not by a path/),
    bad("examples/pacbayes-mnist.ts", `import { maurer } from "@lab/pacbayes/dist/bounds/maurer.js";`, /not a file inside it/),
    bad("packages/novel/src/a.ts", `import { key } from "@lab/tensor-core";`, /add "novel" to the layers/),
  ],
});

law("effects", "keeps freeing, reading, differentiating and drawing in their files", {
  valid: [
    at("packages/tensor-core/src/memory.ts", `import { tidy, keep } from "@tensorflow/tfjs-core"; x.dispose();`),
    at("packages/tensor-core/src/random/draw.ts", `import { randomUniform } from "@tensorflow/tfjs-core";`),
    at("packages/tensor-core/src/engine/wasm/backend.ts", `tensor.dataSync();`),
    at("packages/tensor-core/src/testing/no-leaks.ts", `import { memory } from "@tensorflow/tfjs-core";`),
    at("packages/sam-vi/src/layers/sam.ts", `import { tidy } from "@tensorflow/tfjs-core";`),
    at("packages/lacy/src/a.test.ts", `import { memory } from "@tensorflow/tfjs-core"; x.dataSync();`),
    at(lacy, `import { add, type Tensor } from "@tensorflow/tfjs-core"; import { valueAndGrad, truncatedNormal } from "@lab/tensor-core";`),
    at(lacy, `import type * as tf from "@tensorflow/tfjs-core"; const { data } = x; x.data; z.array(z.number()); Math.sqrt(2);`),
  ],
  invalid: [
    bad(lacy, `import { tidy } from "@tensorflow/tfjs-core";`, /`tidy` is an effect/),
    bad(lacy, `import { tidy as neat, add } from "@tensorflow/tfjs-core";`, /`tidy` is an effect/),
    ...[
      "keep",
      "dispose",
      "grad",
      "grads",
      "valueAndGrad",
      "valueAndGrads",
      "variableGrads",
      "variable",
      "train",
      "setBackend",
      "randomNormal",
      "randomUniform",
      "randomGamma",
      "truncatedNormal",
      "multinomial",
      "memory",
    ].map((name) => bad("packages/pacbayes/src/hmc/hmc.ts", `import { ${name} } from "@tensorflow/tfjs-core";`, new RegExp(`\`${name}\` is an effect`))),
    bad(lacy, `import * as tf from "@tensorflow/tfjs-core"; tf.tidy(() => x); tf.add(x, y);`, /`tf.tidy` is an effect/),
    bad(lacy, `import * as tf from "@tensorflow/tfjs-core"; tf["randomNormal"]([1]);`, /`tf.randomNormal` is an effect/),
    bad(lacy, `export { keep } from "@tensorflow/tfjs-core";`, /`keep` is an effect/),
    bad(lacy, `export * from "@tensorflow/tfjs-core";`, /`export \*` is an effect/),
    bad(lacy, `x.dispose(); x.dataSync(); await x.data(); x.arraySync();`, /\.dispose/, /\.dataSync/, /\.data\(/, /\.arraySync/),
    bad(lacy, `x["dataSync"]();`, /\.dataSync/),
    bad(lacy, `const u = Math.random();`, /Math\.random/),
    bad("packages/tensor-core/src/nn/dense.ts", `import { keep } from "@tensorflow/tfjs-core";`, /`keep` is an effect/),
    bad("packages/tensor-core/src/gradient/adam.ts", `x.dispose();`, /\.dispose/),
    bad("packages/pacbayes/src/random/draw.ts", `import { randomNormal } from "@tensorflow/tfjs-core";`, /randomNormal/),
    bad("examples/pacbayes-mnist.ts", `import { tidy } from "@tensorflow/tfjs-core";`, /`tidy` is an effect/),
  ],
});

law("number-world", "knows no tensors", {
  valid: [
    at("packages/pacbayes/src/bounds/maurer.ts", `import { binaryKlInverse } from "./binary-kl.ts"; import { bisection } from "@lab/tensor-core";`),
    at("packages/pacbayes/src/certify/certify.ts", `import { maurer } from "../bounds/maurer.ts"; import type { Draws } from "../hmc/draws.ts";`),
    at("packages/tensor-core/src/report/chart.ts", `import { quantiles } from "../numeric/summary.ts";`),
    at("packages/pacbayes/src/bounds/maurer.test.ts", `import { scalar } from "@tensorflow/tfjs-core";`),
    at("packages/pacbayes/src/hmc/hmc.ts", `import { add } from "@tensorflow/tfjs-core";`),
  ],
  invalid: [
    bad("packages/pacbayes/src/bounds/maurer.ts", `import { add } from "@tensorflow/tfjs-core";`, /imports nothing from TensorFlow\.js/),
    bad("packages/pacbayes/src/diagnostics/r-hat.ts", `import type { Tensor } from "@tensorflow/tfjs-core";`, /imports nothing from TensorFlow\.js/),
    bad("packages/pacbayes/src/evidence/thermodynamic.ts", `import { hmc } from "../hmc/hmc.ts";`, /only from number-world folders/),
    bad("packages/tensor-core/src/numeric/special.ts", `export { tensors } from "../tree/tree.ts";`, /only from number-world folders/),
    bad("packages/tensor-core/src/report/chart.ts", `const tf = await import("@tensorflow/tfjs-core");`, /imports nothing from TensorFlow\.js/),
    bad("packages/pacbayes/src/certify/certify.ts", `import { type Draws, draws } from "../hmc/draws.ts";`, /only from number-world folders/),
  ],
});

law("named-exports", "forbids default exports", {
  valid: [
    at(lacy, `export const lacy = 1;`),
    at("packages/lacy/tsdown.config.ts", `export default {};`),
    at(".ci/lint/plugin.ts", `export default {};`),
    at("docs/.vitepress/config.ts", `export default {};`),
  ],
  invalid: [
    bad(lacy, `export default function lacy() {}`, /Export by name/),
    bad(lacy, `const lacy = 1; export { lacy as default };`, /Export by name/),
    bad("examples/pacbayes-mnist.ts", `export default 1;`, /Export by name/),
  ],
});

law("no-enum", "asks for a union of strings", {
  valid: [at(lacy, `type Kind = "a" | "b";`)],
  invalid: [bad(lacy, `enum Kind { A }`, /not an enum: Kind/), bad(lacy, `export const enum Kind { A }`, /not an enum: Kind/)],
});

law("telling", "wants names that tell", {
  valid: [at(lacy, ``), at("packages/lacy/src/a-b.slow.test.ts", ``), at("packages/tensor-core/src/nn/types-of-layer.ts", ``)],
  invalid: [
    ...["utils", "helpers", "common", "types", "misc"].map((name) => bad(`packages/lacy/src/${name}.ts`, ``, /says nothing/)),
    bad("packages/lacy/src/utils/spans.ts", ``, /"utils" says nothing/),
    bad("packages/lacy/src/helpers.test.ts", ``, /says nothing/),
    bad("packages/lacy/src/tokenLoss.ts", ``, /kebab-case/),
  ],
});

law("sorted-index", "holds sorted re-exports and nothing else", {
  valid: [
    at("packages/lacy/src/index.ts", `export { a } from "./a.ts";\nexport { b, C, type A, type D } from "./b.ts";\nexport type { E } from "./b.ts";`),
    at("packages/lacy/src/index.ts", `export {\n  a,\n  b,\n} from "./a.ts";\nexport { own, Owned, read } from "./memory.ts";`),
    at("packages/lacy/src/index.ts", `export {};`),
    at("packages/lacy/src/a.ts", `export { z } from "./z.ts"; export { a } from "./b.ts";`),
  ],
  invalid: [
    {
      ...bad("packages/lacy/src/index.ts", `export { b } from "./b.ts";\nexport { a } from "./a.ts";`, /Sort the re-exports/),
      fixed: `export { a } from "./a.ts";\nexport { b } from "./b.ts";`,
    },
    {
      ...bad("packages/lacy/src/index.ts", `export { type A, b, a } from "./b.ts";`, /expected export { a, b, type A }/),
      fixed: `export { a, b, type A } from "./b.ts";`,
    },
    bad("packages/lacy/src/index.ts", `export const a = 1;`, /only re-exports/),
    bad("packages/lacy/src/data/index.ts", `import "./a.ts";\nexport { a } from "./a.ts";`, /only re-exports/),
    bad("packages/lacy/src/index.ts", `export * from "./a.ts";`, /only re-exports/),
  ],
});

const test = "packages/lacy/src/a.test.ts";
law("whole-tests", "runs every test", {
  valid: [at(test, `it("a", () => {}); it.each([1])("b", () => {}); xs.only();`), at(lacy, `it.skip("not a test file", () => {});`)],
  invalid: [
    bad(test, `it.only("a", () => {});`, /no `it\.only`/),
    bad(test, `test.skip("a", () => {});`, /no `test\.skip`/),
    bad(test, `it.todo("a");`, /no `it\.todo`/),
    bad(test, `describe.skip.each([1])("a", () => {});`, /no `describe\.skip`/),
    bad(test, `it.concurrent.only("a", () => {});`, /no `it\.only`/),
    bad(test, `it.fails("a", () => {});`, /no `it\.fails`/),
    bad(test, `xit("a", () => {});`, /no `xit`/),
  ],
});
