import { engine } from "../engine.ts";
import { enginesFolder } from "./cache-folder.ts";
import { probeBinding } from "./compile.ts";
import { installedEngines } from "./installed.ts";
import { hasKernels, hasMatrixUnits, hasVectors, isWritten } from "./kernels.ts";
import { BINDING, faults } from "./manifest.ts";
import { ownBinding, tfjsNode } from "./tfjs-node.ts";
import { tools, type Tools } from "./tools.ts";

/** One thing that the native engine stands on. */
export type Check = { readonly name: string; readonly ok: boolean; readonly says: string; readonly get?: string };

/** `ok` unless an engine is installed and does not work as it should. */
export type Report = { readonly ok: boolean; readonly engine: string; readonly line: string; readonly checks: readonly Check[] };

export type DoctorOptions = { readonly engines?: string; readonly find?: () => Promise<Tools> };

/** Looks at everything that the native engine stands on, and compares every byte of it with its checksum. */
export async function doctor({ engines = enginesFolder(), find = tools }: DoctorOptions = {}): Promise<Report> {
  const sources = tfjsNode();
  const { python, pip, compiler } = await find();
  const ground: Check[] = [
    { name: "platform", ok: true, says: `${process.platform} ${process.arch}, Node ${process.versions.node}${support()}` },
    sources === undefined
      ? { name: "@tensorflow/tfjs-node", ok: false, says: "not installed", get: "npm install --ignore-scripts @tensorflow/tfjs-node" }
      : { name: "@tensorflow/tfjs-node", ok: true, says: sources.version },
    ...[python, pip, compiler].map(({ name, program, says, get }) => ({ name, ok: program !== undefined, says, ...(program === undefined ? { get } : {}) })),
    await space(engines),
  ];
  const builds: Check[] = [];
  const installed = sources === undefined ? [] : installedEngines(sources.version, engines);
  for (const { folder, manifest } of installed) {
    const name = `TensorFlow ${manifest.tensorflow}`;
    const wrong = await faults(folder, manifest, { full: true });
    if (wrong.length > 0) builds.push({ name, ok: false, says: `damaged in ${folder}: ${wrong.join("; ")}`, get: "npx lab-engine install --force" });
    else builds.push(await loads(name, process.getBuiltinModule("node:path").join(folder, BINDING)), kernelsOf(folder));
  }
  const own = sources === undefined ? undefined : ownBinding(sources);
  if (own !== undefined) builds.push(await loads("tfjs-node's own binding", own));
  const ok = builds.every((check) => check.ok);
  if (builds.length === 0) builds.push({ name: "native engine", ok: false, says: "not installed", get: "npx lab-engine install" });
  const { name, line } = await engine().catch((error: unknown) => ({ name: "none", line: (error as Error).message }));
  return { ok, engine: name, line, checks: [...ground, ...builds] };
}

/** Where the installation from the wheel is known to work, and where it is only expected to. */
function support(): string {
  if (process.platform === "linux" && process.arch === "x64") return "";
  if (process.platform === "linux" || process.platform === "darwin") return " (the installation from TensorFlow's wheel is not tested on this platform)";
  return " (no installation from TensorFlow's wheel on this platform: tfjs-node's own script, or WebAssembly)";
}

function kernelsOf(folder: string): Check {
  const name = "kernels of our own";
  if (!isWritten()) return { name, ok: true, says: "none for this platform" };
  if (!hasKernels(folder)) return { name, ok: true, says: "not compiled; TensorFlow's own do everything (npx lab-engine install, with a recent C++ compiler)" };
  if (!hasVectors()) return { name, ok: true, says: "normals; this processor lacks the vectors for more (AVX-512)" };
  return { name, ok: true, says: `all, with products of matrices on the processor's ${hasMatrixUnits() ? "matrix units" : "vectors"}` };
}

async function space(engines: string): Promise<Check> {
  const { existsSync } = process.getBuiltinModule("node:fs");
  const { access, constants, statfs } = process.getBuiltinModule("node:fs/promises");
  const { dirname } = process.getBuiltinModule("node:path");
  let there = engines;
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  const free = `${((bavail * bsize) / 1e9).toFixed(1)} GB free`;
  try {
    await access(there, constants.W_OK);
    return { name: "cache folder", ok: true, says: `${engines}, ${free}` };
  } catch {
    return { name: "cache folder", ok: false, says: `${engines} cannot be written`, get: "set LAB_CACHE_DIR to a folder that can be written" };
  }
}

async function loads(name: string, binding: string): Promise<Check> {
  try {
    return { name, ok: true, says: `loads, as ${await probeBinding(binding)}, from ${binding}` };
  } catch (error) {
    return { name, ok: false, says: (error as Error).message, get: "npx lab-engine install --force" };
  }
}
