import { readFileSync } from "node:fs";
import os from "node:os";

const INSTRUCTIONS = ["avx2", "avx512f", "avx512_bf16", "amx_bf16"] as const;

/** What times depend on; no names of hosts, users or folders. */
export type Machine = {
  readonly cpu: string;
  /** Of the sets of instructions that products of matrices take, those the processor says it has; unknown outside Linux. */
  readonly instructions: readonly string[];
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Processes that waited to run, on average over the last minute, before the bench: above 0.5 the machine was not quiet. */
  readonly load: number;
};

/** The machine that this process runs on. */
export function machine(): Machine {
  const flags = os.platform() === "linux" ? readFileSync("/proc/cpuinfo", "utf8") : "";
  const gib = Math.round(os.totalmem() / 2 ** 30);
  return {
    cpu: os.cpus()[0]?.model.trim() ?? "unknown",
    instructions: INSTRUCTIONS.filter((name) => new RegExp(`\\b${name}\\b`).test(flags)),
    cores: os.availableParallelism(),
    memoryGiB: gib,
    system: `${os.type()} ${os.arch()}`,
    node: process.versions.node,
    load: os.loadavg()[0]!,
  };
}
