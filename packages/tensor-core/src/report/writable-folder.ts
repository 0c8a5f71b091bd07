/**
 * Makes a folder if it lacks and proves, by writing and removing a small file, that results can go there: asked before a long job, not after.
 *
 * @throws Error naming the folder and the cause
 * @example
 * ```ts
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { writableFolder } from "@lab/tensor-core/report";
 * const folder = join(tmpdir(), "writable-folder-example");
 * (await writableFolder(folder)) === folder; // => true
 * ```
 */
export async function writableFolder(path: string): Promise<string> {
  const [{ mkdir, rm, stat, writeFile }, { dirname, join, resolve }, { randomUUID }] = await Promise.all([
    import("node:fs/promises"),
    import("node:path"),
    import("node:crypto"),
  ]);
  if (path === "") throw new Error("Cannot write results: expected the name of a folder, got an empty one");
  const folder = resolve(path);
  const probe = join(folder, `.${randomUUID()}.partial`);
  // One folder after the other: where the system refuses a folder as if its parent were missing, as under /proc, Node's own recursion never ends.
  const stands = (place: string): Promise<boolean> =>
    stat(place).then(
      (found) => found.isDirectory(),
      () => false,
    );
  const made = async (place: string): Promise<void> => {
    if (await stands(place)) return;
    const above = dirname(place);
    await stat(above).catch(() => (above === place ? undefined : made(above)));
    await mkdir(place).catch(async (error: unknown) => {
      // Someone else may have made it since.
      if (!(await stands(place))) throw error;
    });
  };
  try {
    await made(folder);
    await writeFile(probe, "written to see whether it can be");
    await rm(probe);
  } catch (error) {
    throw new Error(`Cannot write results to the folder ${folder}: ${(error as Error).message}`, { cause: error });
  }
  return folder;
}
