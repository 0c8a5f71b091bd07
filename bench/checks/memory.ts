import { contestant } from "../harness/contestant.ts";
import { ours } from "../harness/launches.ts";
import type { Finding } from "./checks.ts";

/** Resident memory may move by so much over the calls, bytes: the garbage collector's own room. */
const ROOM = 32 * 2 ** 20;

/**
 * 100 000 calls of a jitted function, after a tenth as many: resident memory before and after, and tensors that were left.
 *
 * @throws Error if memory grew by more than 32 MiB
 */
export async function memory({ threads }: { readonly threads: number }): Promise<Finding> {
  const process = contestant(ours(threads));
  try {
    const { values, seconds } = await process.ready({ work: "memory", module: "calls", inputs: "", settings: { calls: 100_000 } });
    const [resident, tensors] = [values["resident"]!, values["tensors"]!];
    const grown = resident.at(-1)! - resident[0]!;
    if (grown > ROOM) throw new Error(`Cannot hold memory: expected at most ${ROOM} bytes more after 100 000 calls, got ${grown}`);
    if (tensors.at(-1) !== tensors[0]) throw new Error(`Cannot hold memory: expected ${tensors[0]} tensors after 100 000 calls, got ${tensors.at(-1)}`);
    const text = `memory: 100 000 jit calls in ${seconds.toFixed(1)} s, resident ${mebibytes(resident[0]!)} before, ${mebibytes(resident.at(-1)!)} after (at most ${mebibytes(Math.max(...resident))})`;
    return { report: { resident, tensors, seconds }, text };
  } finally {
    await process.end();
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
