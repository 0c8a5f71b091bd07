/**
 * Writes a file by a temporary one beside it and a rename: who reads the path sees the old file or the new one, never half of one.
 *
 * Folders that lack are made.
 *
 * @throws Error naming the file and the cause; the temporary file is removed
 */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const [{ mkdir, open, rename, rm }, { dirname }, { randomUUID }] = await Promise.all([
    import("node:fs/promises"),
    import("node:path"),
    import("node:crypto"),
  ]);
  const temporary = `${path}.${randomUUID()}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "w");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new Error(`Cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}
