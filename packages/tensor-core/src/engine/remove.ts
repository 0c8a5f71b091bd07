import { enginesFolder } from "./cache-folder.ts";
import { locked } from "./lock.ts";

/**
 * Removes every engine from the cache, and whatever unfinished installations left.
 *
 * @returns the folders that are gone
 * @throws Error when the cache cannot be written
 */
export async function remove(engines: string = enginesFolder()): Promise<string[]> {
  const { existsSync } = process.getBuiltinModule("node:fs");
  const { readdir, rm } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  if (!existsSync(engines)) return [];
  const removed = await locked(engines, async () => {
    const folders = (await readdir(engines)).filter((name) => name !== ".lock").map((name) => join(engines, name));
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
    return folders;
  });
  return removed;
}
