/**
 * Writes a file by a temporary one beside it and a rename: who reads the path sees the old file or the new one, never half of one.
 *
 * Folders that lack are made.
 *
 * @throws Error naming the file and the cause; the temporary file is removed
 */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const [{ mkdir }, { dirname }, { default: writeFileAtomic }] = await Promise.all([
    import("node:fs/promises"),
    import("node:path"),
    import("write-file-atomic"),
  ]);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, typeof content === "string" ? content : Buffer.from(content.buffer, content.byteOffset, content.byteLength));
  } catch (error) {
    throw new Error(`Cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}
