import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conclude, entries, packages, root } from "./packages.ts";

/** Gradients that need kernels of ours, a compiled draw, a bound, and memory, on WebAssembly: what a package without the native engine runs on. */
const RUN = `import assert from "node:assert/strict";
import { conv2d, gather, memory, ones, square, sum, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { engine, jit, key, normal, own, read, valueAndGrad } from "@lab/tensor-core";
import { maurer } from "@lab/pacbayes";
assert.equal((await engine()).name, "wasm");
const before = memory().numTensors;
{
  const rows = valueAndGrad(({ w }) => sum(square(gather(w, tensor1d([0, 1, 1], "int32")))));
  const images = valueAndGrad(({ w }) => sum(square(conv2d(ones([1, 5, 5, 1]), w, 1, "same"))));
  const draw = jit((k) => normal(k, [3]));
  const owned = own(() => ({ rows: rows({ w: tensor2d([[1, 2], [3, 4]]) }), images: images({ w: ones([3, 3, 1, 2]) }), draws: [draw(key(1)), draw(key(1))] }));
  const host = await read(owned.value);
  owned[Symbol.dispose]();
  assert.deepEqual([...host.rows.grad.w.data], [2, 4, 12, 16]);
  assert.equal(host.images.value.get(), 2450);
  assert.deepEqual(host.draws[0].data, host.draws[1].data);
}
assert.equal(memory().numTensors, before);
assert.equal(maurer({ empiricalRisk: 0.02, kl: 100, n: 60_000, delta: 0.05 }).toFixed(6), "0.029640");
`;
/** Types that must survive the way through a tarball: a tree keeps its structure, axes their names. */
const TYPED = `import { scalar, square, zeros, type Scalar } from "@tensorflow/tfjs-core";
import { axes, key, own, valueAndGrad, type Key } from "@lab/tensor-core";
export const seed: Key = key(7);
export const grad: { readonly x: Scalar } = valueAndGrad(({ x }: { readonly x: Scalar }) => square(x))({ x: scalar(3) }).grad;
export const batch: number = axes("consumer", [zeros([2]), "batch"]).batch;
// @ts-expect-error an axis that the layout does not name
axes("consumer", [zeros([2]), "batch"]).time;
export function scope(): number {
  using owned = own(() => ({ x: scalar(1) }));
  return owned.value.x.size;
}
`;
/** Installs the tarballs with npm into an empty folder, as a user would, and imports, type-checks and runs them there. */
const folder = mkdtempSync(join(tmpdir(), "lab-consumer-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const write = (file: string, content: unknown): void =>
  writeFileSync(join(folder, file), typeof content === "string" ? content : JSON.stringify(content, null, 2));
const specifiers = packages.flatMap((pkg) => entries(pkg).map(({ specifier }) => specifier));
const problems: string[] = [];
// The shims of the workspace's tools set NODE_PATH, by which packages would be found that a user does not have.
const { NODE_PATH: _, LAB_ENGINE: __, ...env } = process.env;

write("package.json", { name: "consumer", private: true, type: "module" });
const tfjs = "@tensorflow/tfjs-core@4.22.0";
attempt(
  "npm install",
  "npm",
  "install",
  "--no-audit",
  "--no-fund",
  "--ignore-scripts",
  "--prefer-offline",
  "--loglevel=error",
  tfjs,
  "@types/node@20",
  ...packages.map(({ tarball }) => tarball),
);

write(
  "imports.js",
  `${specifiers.map((specifier) => `console.log(${JSON.stringify(specifier)}, Object.keys(await import(${JSON.stringify(specifier)})).length);`).join("\n")}\n`,
);
attempt("import from Node", process.execPath, "imports.js");

write("run.js", RUN);
attempt("run on WebAssembly", process.execPath, "run.js");

write(
  "consumer.ts",
  `${specifiers.map((specifier, i) => `import * as m${i} from ${JSON.stringify(specifier)};`).join("\n")}\n${TYPED}\nexport const all = [${specifiers.map((_, i) => `m${i}`).join(", ")}];\n`,
);
const base = {
  target: "ES2022",
  lib: ["ES2022", "ESNext.Disposable", "DOM", "DOM.AsyncIterable"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  types: ["node"],
};
for (const [name, resolution] of Object.entries({
  NodeNext: { module: "NodeNext", moduleResolution: "NodeNext" },
  bundler: { module: "ESNext", moduleResolution: "bundler" },
})) {
  write("tsconfig.json", { compilerOptions: { ...base, ...resolution, skipLibCheck: true }, files: ["consumer.ts"] });
  attempt(`tsc with ${name} resolution`, join(root, "node_modules/.bin/tsc"), "-p", ".");
}
// TensorFlow.js's own declarations do not pass a full check; ours must.
write("tsconfig.json", { compilerOptions: { ...base, module: "NodeNext", moduleResolution: "NodeNext", skipLibCheck: false }, files: ["consumer.ts"] });
const { stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", "."], { cwd: folder, encoding: "utf8" });
problems.push(
  ...stdout
    .split("\n")
    .filter((line) => /^(node_modules\/@lab\/|consumer\.ts)/.test(line))
    .map((line) => `tsc without skipLibCheck: ${line}`),
);

attempt("npx lab-engine --help", "npx", "--no-install", "lab-engine", "--help");
conclude(problems, `${specifiers.length} entries install, import, type-check and run`);

/** Runs a command in the folder; what it says is kept if it fails. */
function attempt(what: string, command: string, ...args: readonly string[]): void {
  try {
    execFileSync(command, args, { cwd: folder, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 300_000 });
  } catch (error) {
    const { stdout: said = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    problems.push(`${what} failed:\n${said}${stderr}`.trim());
    if (what === "npm install") conclude(problems, "");
  }
}
