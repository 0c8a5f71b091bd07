import { findBackend, setBackend, version_core as tfjs } from "@tensorflow/tfjs-core";
// Registers the gradients, which tfjs-core alone lacks in Node.
import "@tensorflow/tfjs-layers";
import { setNativeBackend } from "./engine/native-backend.ts";

/** What computes: TensorFlow's C library, WebAssembly, plain JavaScript, or the browser's graphics card. */
export type EngineName = "native" | "wasm" | "cpu" | "webgpu" | "webgl";

/** The engine that runs. */
export type Engine = {
  readonly name: EngineName;
  /** Why this one: what keeps the faster ones from running, or that it was asked for. */
  readonly reason: string;
  /** Of TensorFlow where it is native, else of TensorFlow.js's backend. */
  readonly version: string;
  readonly threads: number;
  /** One line for the user. */
  readonly line: string;
};

export type EngineOptions = {
  /** Tried first; `LAB_ENGINE` in the environment overrules it and admits no other. */
  readonly prefer?: EngineName;
};

type Start = { readonly version: string; readonly threads: number; readonly detail: string };

const names: readonly EngineName[] = ["native", "wasm", "cpu", "webgpu", "webgl"];
const inNode = typeof process === "object" && typeof process.versions?.node === "string";

let running: Promise<Engine> | undefined;
let asked: string | undefined;

/**
 * Starts the fastest engine that runs here and makes it TensorFlow.js's backend: native, then WASM, then plain JavaScript in Node;
 * WebGPU, then WebGL, then WASM in the browser. Prints nothing; `line` says which it is and why. Later calls return the same engine unless
 * they prefer another.
 *
 * @throws RangeError when `prefer` or `LAB_ENGINE` names no engine; Error when `LAB_ENGINE` forces one that cannot run
 * @example
 * ```ts
 * import { engine } from "@lab/tensor-core";
 * const { name } = await engine({ prefer: "cpu" });
 * name; // => 'cpu'
 * ```
 */
export function engine({ prefer }: EngineOptions = {}): Promise<Engine> {
  const forced = inNode ? process.env["LAB_ENGINE"] || undefined : undefined;
  const wanted = forced ?? prefer;
  if (running !== undefined && (wanted === undefined || wanted === asked)) return running;
  const before = running;
  asked = wanted;
  running = (before ?? Promise.resolve()).catch(() => undefined).then(() => pick(wanted, forced !== undefined));
  running.catch(() => {
    running = undefined;
    asked = undefined;
  });
  return running;
}

async function pick(wanted: string | undefined, forced: boolean): Promise<Engine> {
  if (wanted !== undefined && !names.includes(wanted as EngineName))
    throw new RangeError(`Cannot start an engine: ${forced ? "LAB_ENGINE" : "prefer"} must be one of ${names.join(", ")}, got ${JSON.stringify(wanted)}`);
  const usual: readonly EngineName[] = inNode ? ["native", "wasm", "cpu"] : ["webgpu", "webgl", "wasm", "cpu"];
  const first = wanted as EngineName | undefined;
  const order = first === undefined ? usual : forced ? [first] : [first, ...usual.filter((name) => name !== first)];
  const refusals: string[] = [];
  for (const name of order) {
    try {
      const { version, threads, detail } = await start[name]();
      if (name !== "native") setNativeBackend(undefined);
      const reason = refusals.join("; ") || (forced ? `forced by LAB_ENGINE` : name === first ? "preferred" : "the fastest here");
      return { name, reason, version, threads, line: refusals.length > 0 ? `${name}: ${reason}` : `${name} (${detail})` };
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      if (forced) throw new Error(`Cannot start the ${name} engine that LAB_ENGINE forces: ${why}`, { cause });
      refusals.push(why);
    }
  }
  throw new Error(`Cannot start an engine: ${refusals.join("; ")}`);
}

const start: Readonly<Record<EngineName, () => Promise<Start>>> = {
  async native() {
    if (!inNode) throw new Error("the native engine runs in Node only");
    const { loadNative } = await import("./engine/native.ts");
    const { version, threads } = await loadNative();
    return { version, threads, detail: `TensorFlow ${version}, oneDNN, XLA; ${threads} ${threads === 1 ? "thread" : "threads"}` };
  },
  async wasm() {
    const { startWasm } = await import("./engine/wasm.ts");
    const version = await startWasm();
    return { version, threads: 1, detail: `TensorFlow.js ${version}; 1 thread` };
  },
  async cpu() {
    const { MathBackendCPU, version_cpu: version } = await import("@tensorflow/tfjs-backend-cpu");
    await use("cpu", "plain JavaScript");
    const backend = findBackend("cpu");
    // Its first use in Node would print an advertisement of tfjs-node.
    if (backend instanceof MathBackendCPU) (backend as unknown as { firstUse: boolean }).firstUse = false;
    return { version, threads: 1, detail: `plain JavaScript, TensorFlow.js ${version}; 1 thread` };
  },
  webgpu: () => graphics("webgpu"),
  webgl: () => graphics("webgl"),
};

async function use(backend: string, what: string): Promise<void> {
  if (!(await setBackend(backend))) throw new Error(`${what} does not start here`);
}

/** The packages of the browser's backends are the user's to add. */
async function graphics(name: "webgpu" | "webgl"): Promise<Start> {
  if (inNode) throw new Error(`${name} runs in the browser only`);
  const absent = (): never => {
    throw new Error(`@tensorflow/tfjs-backend-${name} is not installed`);
  };
  // Spelled out one by one, and each with its catch, so that a bundler finds them and may do without.
  if (name === "webgpu") await import("@tensorflow/tfjs-backend-webgpu").catch(absent);
  else await import("@tensorflow/tfjs-backend-webgl").catch(absent);
  await use(name, name === "webgpu" ? "WebGPU" : "WebGL");
  return { version: tfjs, threads: 1, detail: `${name === "webgpu" ? "WebGPU" : "WebGL"}, TensorFlow.js ${tfjs}` };
}
