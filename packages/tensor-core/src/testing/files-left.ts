import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The names of what `body` leaves in the folder of temporary files.
 *
 * For its time that is a folder of its own: other processes write into the common one at any moment.
 */
export function filesLeft(body: () => void): string[] {
  const common = process.env.TMPDIR;
  const own = mkdtempSync(join(tmpdir(), "lab-test-"));
  process.env.TMPDIR = own;
  try {
    if (tmpdir() !== own) throw new Error(`Expected temporary files in ${own}; the system puts them into ${tmpdir()}.`);
    body();
    return readdirSync(own);
  } finally {
    if (common === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = common;
    rmSync(own, { recursive: true });
  }
}
