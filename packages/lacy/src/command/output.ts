import { access, constants, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { systemReason } from "@lab/tensor-core/report";

/**
 * That a file can be written there, before the work of which it is the result.
 *
 * @throws Error where its folder is not there or may not be written, or where it is a folder itself
 */
export async function writable(path: string): Promise<void> {
  try {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() === true) throw new Error("it is a folder, and a file was expected");
    const folder = dirname(path);
    const isFolder = await stat(folder).then(
      (at) => at.isDirectory(),
      () => false,
    );
    if (!isFolder) throw new Error(`there is no folder ${folder}`);
    await access(found === undefined ? folder : path, constants.W_OK);
    // What is written at once takes the place of what was there: the folder counts, too.
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new Error(`Cannot write ${path}: ${systemReason(error)}`, { cause: error });
  }
}

/**
 * That a folder can be made there, or is there and may be written, before anything is.
 *
 * @throws Error where a file is in its place, or the folder in which it would be may not be written
 */
export async function possibleFolder(path: string): Promise<void> {
  try {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (found === undefined) {
      const above = dirname(path);
      if (above !== path) await possibleFolder(above);
    } else if (!found.isDirectory()) throw new Error("a file is in its place");
    else await access(path, constants.W_OK);
  } catch (error) {
    throw error instanceof Error && error.message.startsWith("Cannot write into")
      ? error
      : new Error(`Cannot write into ${path}: ${systemReason(error)}`, { cause: error });
  }
}

/**
 * That files can be written into a folder, which is made where it is not there.
 *
 * @throws Error where it cannot be made or written
 */
export async function writableFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch (error) {
    throw new Error(`Cannot write into ${path}: ${systemReason(error)}`, { cause: error });
  }
}
