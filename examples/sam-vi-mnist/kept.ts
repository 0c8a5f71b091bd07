import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CheckpointOptions } from "@lab/tensor-core";

type Config = NonNullable<CheckpointOptions["config"]>;

/** A result as a file holds it, with what it depends on. */
type Stored<T> = { readonly config: Config; readonly value: T };

/**
 * What `body` returns, kept in a file of the folder; with `resume` it is read from there, if it depends on the same. Until then `body` keeps its own state by the
 * checkpoints that it is given, in a folder beside the file, and with `resume` goes on from the last of them.
 *
 * @throws Error for a file of another configuration, or that is damaged
 */
export type Kept = <T>(name: string, body: (checkpoint: CheckpointOptions) => Promise<T>) => Promise<T>;

export function keptIn(folder: string, { config, resume }: { readonly config: Config; readonly resume: boolean }): Kept {
  return async <T>(name: string, body: (checkpoint: CheckpointOptions) => Promise<T>): Promise<T> => {
    const within = join(folder, name.replaceAll(/[^\p{L}\d.]+/gu, "-"));
    const path = `${within}.json`;
    const before = resume ? await stored<T>(path) : undefined;
    if (before !== undefined) {
      const differing = Object.keys({ ...before.config, ...config }).find((key) => JSON.stringify(before.config[key]) !== JSON.stringify(config[key]));
      if (differing !== undefined)
        throw new Error(
          `Cannot resume from ${path}: it was made with ${differing} = ${JSON.stringify(before.config[differing])}, this run has ${JSON.stringify(config[differing])}`,
        );
      return before.value;
    }
    const value = await body({ path: within, config, resume });
    await mkdir(folder, { recursive: true });
    await writeFile(`${path}.part`, JSON.stringify({ config, value } satisfies Stored<T>));
    await rename(`${path}.part`, path);
    await rm(within, { recursive: true, force: true });
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
    throw new Error(`Cannot resume from ${path}: it is damaged, ${(error as Error).message}; remove the file to start it afresh`, { cause: error });
  }
}
