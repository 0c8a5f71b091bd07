import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A result as a file holds it, with what it depends on. */
type Stored<T> = { readonly config: object; readonly value: T };

/**
 * What `body` returns, kept in a file of the folder; with `resume` it is read from there, if it depends on the same.
 *
 * @throws Error for a file of another configuration, or that is damaged
 */
export type Kept = <T>(name: string, body: () => Promise<T>) => Promise<T>;

export function keptIn(folder: string, { config, resume }: { readonly config: object; readonly resume: boolean }): Kept {
  return async <T>(name: string, body: () => Promise<T>): Promise<T> => {
    const path = join(folder, `${name.replaceAll(/[^\p{L}\d.]+/gu, "-")}.json`);
    const before = resume ? await stored<T>(path) : undefined;
    if (before !== undefined) {
      if (JSON.stringify(before.config) !== JSON.stringify(config)) throw new Error(`Cannot resume: the checkpoint ${path} is of another configuration`);
      return before.value;
    }
    const value = await body();
    await mkdir(folder, { recursive: true });
    await writeFile(`${path}.part`, JSON.stringify({ config, value } satisfies Stored<T>));
    await rename(`${path}.part`, path);
    return value;
  };
}

async function stored<T>(path: string): Promise<Stored<T> | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as Stored<T>;
  } catch (error) {
    throw new Error(`Cannot resume: the checkpoint ${path} is damaged: ${(error as Error).message}`, { cause: error });
  }
}
