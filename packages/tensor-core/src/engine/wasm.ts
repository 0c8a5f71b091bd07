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
  registerWasmKernels();
  const started = typeof process === "object" && process.versions?.node !== undefined ? await inNode() : await setBackend("wasm");
  if (!started) throw new Error("WebAssembly does not start here");
  return version_wasm;
}

/**
 * The backend's loader listens for uncaught errors only to throw them again, which would print its one line of 60 kB above every error of the
 * program.
 */
async function inNode(): Promise<boolean> {
  const { createRequire } = process.getBuiltinModule("node:module");
  const { dirname, join } = process.getBuiltinModule("node:path");
  setWasmPaths(join(dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json")), "dist", "/"));
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => process.rawListeners(event));
  try {
    return await setBackend("wasm");
  } finally {
    for (const [i, event] of events.entries())
      for (const listener of process.rawListeners(event))
        if (!before[i]!.includes(listener) && /ExitStatus|throw reason/.test(String(listener))) process.removeListener(event, listener as () => void);
  }
}
