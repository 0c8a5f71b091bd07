import { setBackend } from "@tensorflow/tfjs-core";
import { setWasmPaths, version_wasm } from "@tensorflow/tfjs-backend-wasm";
import { registerWasmKernels } from "./wasm/kernels.ts";

/**
 * Starts WebAssembly and replaces the kernels that are slow or missing there.
 *
 * In the browser the `.wasm` files are looked for beside the script, unless the page has called `setWasmPaths`.
 *
 * @returns the version of the backend
 */
export async function startWasm(): Promise<string> {
  if (typeof process === "object" && process.versions?.node !== undefined) {
    const { createRequire } = process.getBuiltinModule("node:module");
    const { dirname, join } = process.getBuiltinModule("node:path");
    setWasmPaths(join(dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json")), "dist", "/"));
  }
  registerWasmKernels();
  if (!(await setBackend("wasm"))) throw new Error("WebAssembly does not start here");
  return version_wasm;
}
