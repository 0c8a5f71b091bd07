import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Launch } from "./contestant.ts";
import type { Python } from "./python.ts";

/** Those we are compared with, as the tables name them. */
export const PEERS = { "PyTorch eager": "pytorch", "torch.compile": "compile", "JAX jit": "jax" } as const;
export type Peer = keyof typeof PEERS;

const bench = join(import.meta.dirname, "..");

/** The same number of threads for every library that may be used. */
function equalThreads(threads: number): NodeJS.ProcessEnv {
  const n = String(threads);
  return {
    BENCH_THREADS: n,
    OMP_NUM_THREADS: n,
    MKL_NUM_THREADS: n,
    OPENBLAS_NUM_THREADS: n,
    LAB_THREADS: n,
    // The size of JAX's and XLA's thread pool, which its flags no longer set.
    PJRT_NPROC: n,
    NPROC: n,
  };
}

/** On a machine with more cores every contestant is bound to the first ones, if `taskset` is there. */
function bound(command: string, args: readonly string[], threads: number): Pick<Launch, "command" | "args"> {
  const taskset = ["/usr/bin/taskset", "/bin/taskset"].find((path) => existsSync(path));
  if (taskset === undefined || availableParallelism() <= threads) return { command, args };
  return { command: taskset, args: ["-c", `0-${threads - 1}`, command, ...args] };
}

/** Our process. */
export function ours(threads: number): Launch {
  const env = { ...process.env, ...equalThreads(threads) };
  return {
    name: "ours",
    env,
    ...bound(process.execPath, ["--conditions=@lab/source", "--import", import.meta.resolve("tsx"), join(bench, "work", "serve.ts")], threads),
  };
}

/** The process of a peer. */
export function peer(name: Peer, { executable, cache }: Extract<Python, { executable: string }>, threads: number): Launch {
  const env = {
    ...process.env,
    ...equalThreads(threads),
    JAX_PLATFORMS: "cpu",
    TORCHINDUCTOR_CACHE_DIR: join(cache, "inductor"),
    PYTHONPYCACHEPREFIX: join(cache, "bytecode"),
  };
  return { name, env, ...bound(executable, [join(bench, "peers", "serve.py"), PEERS[name]], threads) };
}
