import type { StoredTensor } from "./tree/safetensors.ts";
import { safetensors, storedTensors } from "./tree/safetensors.ts";

/** What a resumed run must agree on with the one that wrote the checkpoint. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
/** Where a run stood: its tensors, its step, and what it was a run of. */
export type Checkpoint = {
  readonly step: number;
  readonly config: { readonly [name: string]: Json };
  readonly tensors: { readonly [name: string]: StoredTensor };
};

const MANIFEST = "checkpoint.json";
const FORMAT = 1;
type Manifest = { format: number; step: number; config: { [name: string]: Json }; tensors: string; sha256: string };

/**
 * Writes a checkpoint: a safetensors file, then the manifest that names it. The manifest's rename is the moment it takes effect,
 * so a crash at any time leaves the one before.
 *
 * @throws Error if the folder cannot be written
 */
export async function writeCheckpoint(folder: string, { step, config, tensors }: Checkpoint): Promise<void> {
  const [{ mkdir, readdir, rm }, { join }, { default: write }] = await Promise.all([
    import("node:fs/promises"),
    import("node:path"),
    import("write-file-atomic"),
  ]);
  const bytes = safetensors({ tensors, metadata: { step: String(step) } });
  const name = `step-${String(step).padStart(9, "0")}.safetensors`;
  const manifest: Manifest = { format: FORMAT, step, config, tensors: name, sha256: await sha256(bytes) };
  try {
    await mkdir(folder, { recursive: true });
    await write(join(folder, name), Buffer.from(bytes.buffer));
    await write(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  } catch (cause) {
    throw new Error(`Cannot write a checkpoint to ${folder}: ${reason(cause)}`, { cause });
  }
  const old = (await readdir(folder)).filter((file) => /^(step-\d+\.safetensors|checkpoint\.json\.)/.test(file) && file !== name);
  await Promise.all(old.map((file) => rm(join(folder, file), { force: true })));
}

/**
 * The checkpoint of a folder, or undefined where there is none.
 *
 * @throws Error if it is damaged, or was written by a run of another configuration: it names what differs
 */
export async function readCheckpoint(folder: string, config: Checkpoint["config"]): Promise<Checkpoint | undefined> {
  const [{ readFile }, { join }] = await Promise.all([import("node:fs/promises"), import("node:path")]);
  const damaged = (what: string, cause?: unknown) => new Error(`Cannot resume from ${folder}: ${what}; remove the folder to start afresh`, { cause });
  let text: string;
  try {
    text = await readFile(join(folder, MANIFEST), "utf8");
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return undefined;
    throw damaged(reason(cause), cause);
  }
  const manifest = manifestOf(text);
  if (manifest === undefined) throw damaged(`${MANIFEST} is not a manifest of format ${FORMAT}`);
  const differing = [...new Set([...Object.keys(config), ...Object.keys(manifest.config)])].find(
    (name) => JSON.stringify(config[name]) !== JSON.stringify(manifest.config[name]),
  );
  if (differing !== undefined)
    throw damaged(`it was written with ${differing} = ${JSON.stringify(manifest.config[differing])}, this run has ${JSON.stringify(config[differing])}`);
  let bytes: Buffer;
  try {
    bytes = await readFile(join(folder, manifest.tensors));
  } catch (cause) {
    throw damaged(reason(cause), cause);
  }
  if ((await sha256(bytes)) !== manifest.sha256) throw damaged(`${manifest.tensors} does not match its checksum`);
  return { step: manifest.step, config: manifest.config, tensors: storedTensors(bytes).tensors };
}

function manifestOf(text: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(text) as Manifest;
    const whole =
      manifest.format === FORMAT &&
      Number.isSafeInteger(manifest.step) &&
      typeof manifest.tensors === "string" &&
      typeof manifest.config === "object" &&
      manifest.config !== null;
    return whole ? manifest : undefined;
  } catch {
    return undefined;
  }
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const { createHash } = await import("node:crypto");
  return createHash("sha256").update(bytes).digest("hex");
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
