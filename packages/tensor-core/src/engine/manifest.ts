/** One file of an installed engine, as it was when its checksum was taken. */
export type InstalledFile = { readonly path: string; readonly size: number; readonly modified: number; readonly sha256: string };

/** What an installed engine is made of; written last, so that a folder without it is not an engine. */
export type Manifest = {
  readonly format: 1;
  readonly platform: string;
  readonly tfjs: string;
  readonly tensorflow: string;
  readonly files: readonly InstalledFile[];
};

export const MANIFEST = "manifest.json";
export const BINDING = "tfjs_binding.node";
/** The addon that closes standard error while the binding loads. */
export const HUSH = "hush.node";

/** `<platform>-<architecture>`: what a compiled library is bound to. */
export function platformName(): string {
  return `${process.platform}-${process.arch}`;
}

/** The checksum of a file, read in pieces. */
async function sha256(file: string): Promise<string> {
  const { createReadStream } = process.getBuiltinModule("node:fs");
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(piece as Uint8Array);
  return hash.digest("hex");
}

/** Takes the checksums of `paths` in `folder` and writes the manifest. */
export async function writeManifest(
  folder: string,
  about: { readonly tfjs: string; readonly tensorflow: string; readonly paths: readonly string[] },
): Promise<Manifest> {
  const { stat, writeFile } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const files: InstalledFile[] = [];
  for (const path of about.paths) {
    const { size, mtimeMs } = await stat(join(folder, path));
    files.push({ path, size, modified: mtimeMs, sha256: await sha256(join(folder, path)) });
  }
  const manifest: Manifest = { format: 1, platform: platformName(), tfjs: about.tfjs, tensorflow: about.tensorflow, files };
  await writeFile(join(folder, MANIFEST), text(manifest));
  return manifest;
}

function isManifest(value: unknown): value is Manifest {
  const manifest = value as Partial<Manifest> | null;
  return typeof manifest === "object" && manifest !== null && manifest.format === 1 && typeof manifest.tensorflow === "string" && Array.isArray(manifest.files);
}

/** The manifest of `folder`, or undefined where there is none that can be read. */
export function readManifest(folder: string): Manifest | undefined {
  try {
    const { join } = process.getBuiltinModule("node:path");
    const value: unknown = JSON.parse(process.getBuiltinModule("node:fs").readFileSync(join(folder, MANIFEST), "utf8"));
    return isManifest(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What is wrong with the files of an installed engine, one line each; empty when nothing is.
 *
 * Sizes and times are compared always, and bytes where `full` or where a file's time is not the one noted: a copied cache keeps its bytes
 * and not always its times.
 */
export async function faults(folder: string, manifest: Manifest, { full = false }: { readonly full?: boolean } = {}): Promise<string[]> {
  const { stat } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const found: string[] = [];
  for (const { path, size, modified, sha256: expected } of manifest.files) {
    const now = await stat(join(folder, path)).catch(() => undefined);
    if (now === undefined) found.push(`${path} is missing`);
    else if (now.size !== size) found.push(`${path} has ${now.size} bytes, expected ${size}`);
    else if (full || now.mtimeMs !== modified) {
      const actual = await sha256(join(folder, path));
      if (actual !== expected) found.push(`${path} has checksum ${actual.slice(0, 12)}…, expected ${expected.slice(0, 12)}…`);
    }
  }
  return found;
}

/**
 * Notes the times of files whose bytes have just been compared, so that the next start need not compare them again. A cache that cannot be
 * written stays as it is.
 */
export async function refreshTimes(folder: string, manifest: Manifest): Promise<void> {
  const { stat } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const files = await Promise.all(manifest.files.map(async (file) => ({ ...file, modified: (await stat(join(folder, file.path))).mtimeMs })));
  if (files.every(({ modified }, i) => modified === manifest.files[i]!.modified)) return;
  const { default: write } = await import("write-file-atomic");
  await write(join(folder, MANIFEST), text({ ...manifest, files })).catch(() => undefined);
}

function text(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
