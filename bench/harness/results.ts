import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { Result } from "./contest.ts";
import type { Machine } from "./machine.ts";

/** A run of the bench, as it is kept. */
export type Record = {
  readonly date: string;
  readonly machine: Machine;
  readonly threads: number;
  readonly rounds: number;
  /** Why peers are missing, if they are. */
  readonly missing?: string;
  readonly results: readonly Result[];
  /** Start-up and memory, by name. */
  readonly checks: { readonly [name: string]: object };
};

/** Where records are kept, under the folder of the bench. */
const FOLDER: string = join(import.meta.dirname, "..", "results");

/** Writes a record as `YYYY-MM-DD-<name>.json` and returns the file's path. */
export async function keep(record: Record, name: string, folder: string = FOLDER): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${record.date.slice(0, 10)}-${name}.json`);
  await writeFileAtomic(file, `${JSON.stringify(record, rounded, 1)}\n`);
  return file;
}

/** Six digits are more than a time deserves. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
