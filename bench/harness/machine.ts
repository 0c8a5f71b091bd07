import os from "node:os";

/** What times depend on; no names of hosts, users or folders. */
export type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Processes that waited to run, on average over the last minute, before the bench: above 0.5 the machine was not quiet. */
  readonly load: number;
};

/** The machine that this process runs on. */
export function machine(): Machine {
  const gib = Math.round(os.totalmem() / 2 ** 30);
  return {
    cpu: os.cpus()[0]?.model.trim() ?? "unknown",
    cores: os.availableParallelism(),
    memoryGiB: gib,
    system: `${os.type()} ${os.arch()}`,
    node: process.versions.node,
    load: os.loadavg()[0]!,
  };
}
