/** From so many threads on TensorFlow gets its own beside those of our kernels. */
const MANY_THREADS = 3;

/** What the library finds in the environment. */
export type NativeEnvironment = Readonly<Record<string, string>>;

/**
 * The threads that take part in the work of one call: `LAB_THREADS`, else `TF_NUM_INTRAOP_THREADS`, else one for each core.
 *
 * @throws RangeError unless it is a whole number of at least 1
 */
export function nativeThreads(env: NodeJS.ProcessEnv = process.env): number {
  const name = ["LAB_THREADS", "TF_NUM_INTRAOP_THREADS"].find((each) => (env[each] ?? "") !== "");
  if (name === undefined) return process.getBuiltinModule("node:os").availableParallelism();
  const threads = Number(env[name]);
  if (!(Number.isSafeInteger(threads) && threads >= 1)) throw new RangeError(`${name} must be a whole number of at least 1, got ${JSON.stringify(env[name])}`);
  return threads;
}

/**
 * Environment variables that the TensorFlow library and our kernels read once, when they are loaded.
 *
 * - `TF_CPP_MIN_LOG_LEVEL=3`: the library's own log says nothing below fatal; errors reach JavaScript as exceptions anyway.
 * - `TF_XLA_FLAGS`: functions marked `_XlaMustCompile` may compile for the CPU; nothing is compiled that is not marked.
 * - `TF_NUM_INTEROP_THREADS=-1`: a graph runs in the thread that calls it. One operation after the other, each on all cores, is how these graphs run
 *   anyway, and a call no longer waits for another thread to wake: 16 µs instead of 33 for a small graph.
 * - `LAB_THREADS`: the threads of our kernels.
 * - `TF_NUM_INTRAOP_THREADS`: those of TensorFlow. Where our kernels do the products, what is left to it are loops over numbers, and to wake a thread for one
 *   takes 35 µs: with two threads it loops alone, and a step of a small network takes 300 µs instead of 430.
 */
export function nativeEnvironment({ threads, products }: { readonly threads: number; readonly products: boolean }): NativeEnvironment {
  return {
    TF_CPP_MIN_LOG_LEVEL: "3",
    TF_CPP_MAX_VLOG_LEVEL: "0",
    TF_XLA_FLAGS: "--tf_xla_cpu_global_jit",
    TF_NUM_INTEROP_THREADS: "-1",
    LAB_THREADS: String(threads),
    TF_NUM_INTRAOP_THREADS: String(products && threads < MANY_THREADS ? 1 : threads),
  };
}

/** Sets what is not set yet: a variable that the user has set stays as it is. */
export function applyNativeEnvironment(wanted: NativeEnvironment, env: NodeJS.ProcessEnv = process.env): void {
  for (const [name, value] of Object.entries(wanted)) env[name] ??= value;
}

/** Whether the user leaves the library's log closed. */
export function quiet(env: NodeJS.ProcessEnv = process.env): boolean {
  return Number(env["TF_CPP_MIN_LOG_LEVEL"]) > 0;
}
