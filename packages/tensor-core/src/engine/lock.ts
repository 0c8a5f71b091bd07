/** How long a lock stays without a sign of life from its owner until another takes it over, milliseconds. */
const STALE = 10_000;

/**
 * Runs `body` while no other process does so for the same `folder`, and waits for its turn.
 *
 * A process that was killed leaves its lock behind; it is taken over after ten seconds without a sign of life.
 *
 * @throws what `body` throws, and Error when the folder cannot be made or written
 */
export async function locked<T>(folder: string, body: () => Promise<T>, { waiting = () => {} }: { readonly waiting?: () => void } = {}): Promise<T> {
  const { join } = process.getBuiltinModule("node:path");
  const { mkdir } = process.getBuiltinModule("node:fs/promises");
  const { lock } = (await import("proper-lockfile")).default;
  let told = false;
  for (;;) {
    try {
      await mkdir(folder, { recursive: true });
      const release = await lock(folder, { lockfilePath: join(folder, ".lock"), stale: STALE, update: STALE / 5, realpath: false });
      try {
        return await body();
      } finally {
        await release();
      }
    } catch (error) {
      if ((error as { code?: string }).code !== "ELOCKED") throw unwritable(folder, error);
      if (!told) waiting();
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

function unwritable(folder: string, error: unknown): unknown {
  const { code } = error as { code?: string };
  if (code === undefined || !["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST"].includes(code)) return error;
  return new Error(`Cannot write the cache folder ${folder}: ${code}; set LAB_CACHE_DIR to a folder that can be written`, { cause: error });
}
