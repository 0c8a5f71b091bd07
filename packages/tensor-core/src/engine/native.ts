import { registerBackend, setBackend, type KernelBackend } from "@tensorflow/tfjs-core";
import { applyNativeEnvironment, nativeEnvironment, nativeThreads, quiet } from "./flags.ts";
import { installedEngines } from "./installed.ts";
import { loadKernels, multiply } from "./kernels.ts";
import { BINDING, faults, HUSH, refreshTimes } from "./manifest.ts";
import { NO_KERNELS, setNativeBackend, type Kernels, type NativeBackend, type NativeBinding } from "./native-backend.ts";
import { registerNativeKernels } from "./native-kernels.ts";
import { ownBinding, tfjsNode, type TfjsNode } from "./tfjs-node.ts";

/** Why the native engine cannot run, and what would change that. */
class NativeUnavailable extends Error {
  override readonly name = "NativeUnavailable";
}

type Backend = new (binding: NativeBinding, packageName: string) => NativeBackend & KernelBackend;

let loaded: { readonly backend: NativeBackend; readonly kernels: Kernels; readonly version: string; readonly threads: number } | undefined;

/**
 * Loads the native engine from the cache, or the one that tfjs-node's own script built, and makes it the backend.
 *
 * @returns the version of the TensorFlow library, and how many threads work on one call
 * @throws NativeUnavailable when it is not installed, damaged, or does not load on this machine; RangeError for a number of threads that is none
 */
export async function loadNative(): Promise<{ readonly version: string; readonly threads: number }> {
  if (loaded === undefined) {
    const package_ = tfjsNode();
    if (package_ === undefined)
      throw new NativeUnavailable("@tensorflow/tfjs-node is not installed (npm install --ignore-scripts @tensorflow/tfjs-node, then npx lab-engine install)");
    const threads = nativeThreads();
    const { binding, kernels } = await bindingOf(package_, threads);
    const backend = backendOf(package_, binding);
    registerBackend("tensorflow", () => backend as unknown as KernelBackend, 3);
    registerNativeKernels(kernels);
    loaded = { backend, kernels, version: binding.TF_Version, threads };
  }
  await setBackend("tensorflow");
  setNativeBackend(loaded.backend, loaded.kernels);
  return { version: loaded.version, threads: loaded.threads };
}

type Binding = NativeBinding & { readonly TF_Version: string };
type Hush = { hush(): void; speak(): void; preset(name: string, value: string): void };

async function bindingOf(package_: TfjsNode, threads: number): Promise<{ readonly binding: Binding; readonly kernels: Kernels }> {
  const { join } = process.getBuiltinModule("node:path");
  const [installed] = installedEngines(package_.version);
  const environment = nativeEnvironment({ threads, products: installed !== undefined && multiply(installed.folder) });
  applyNativeEnvironment(environment);
  const path = installed === undefined ? ownBinding(package_) : join(installed.folder, BINDING);
  if (path === undefined) throw new NativeUnavailable("the native engine is not installed (npx lab-engine install)");
  const wrong = installed === undefined ? [] : await faults(installed.folder, installed.manifest);
  if (wrong.length > 0) throw new NativeUnavailable(`the native engine is damaged: ${wrong.join("; ")} (npx lab-engine install)`);
  if (installed !== undefined) await refreshTimes(installed.folder, installed.manifest);
  let hush: Hush | undefined;
  try {
    if (installed !== undefined) {
      const addon = package_.require(join(installed.folder, HUSH)) as Hush;
      for (const name of Object.keys(environment)) addon.preset(name, process.env[name] ?? "");
      if (quiet()) hush = addon;
    }
    hush?.hush();
    const binding = package_.require(path) as Binding;
    return { binding, kernels: installed === undefined ? NO_KERNELS : loadKernels(installed.folder, package_.require) };
  } catch (cause) {
    throw new NativeUnavailable(`the native engine does not load: ${(cause as Error).message} (npx lab-engine doctor)`, { cause });
  } finally {
    hush?.speak();
  }
}

/**
 * tfjs-node's kernels ask for the union package `@tensorflow/tfjs`, with its layers, converters and browser backends, and use of it only what
 * tfjs-core has: while they load, the one name stands for the other, which halves the start-up.
 */
function backendOf({ folder, require }: TfjsNode, binding: NativeBinding): NativeBackend {
  const util = require("node:util") as { isNullOrUndefined?: (value: unknown) => boolean };
  // Called by tfjs-node 4.22; Node 22 warns of it, and since Node 23 it is gone.
  util.isNullOrUndefined = (value) => value === null || value === undefined;
  const { createRequire } = process.getBuiltinModule("node:module");
  const inside = createRequire(process.getBuiltinModule("node:path").join(folder, "package.json"));
  const union = inside.resolve("@tensorflow/tfjs");
  const before = inside.cache[union];
  const core = inside.resolve("@tensorflow/tfjs-core");
  inside(core);
  inside.cache[union] = inside.cache[core];
  try {
    inside("./dist/register_all_kernels.js");
    const { NodeJSKernelBackend } = inside("./dist/nodejs_kernel_backend.js") as { NodeJSKernelBackend: Backend };
    return new NodeJSKernelBackend(binding, "@tensorflow/tfjs-node");
  } finally {
    if (before === undefined) delete inside.cache[union];
    else inside.cache[union] = before;
  }
}
