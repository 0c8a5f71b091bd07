import { enginesFolder } from "./cache-folder.ts";
import { compileBinding, probeBinding } from "./compile.ts";
import { compileKernels } from "./compile-kernels.ts";
import { engineFolderName, installedEngines, type Installed } from "./installed.ts";
import { hasKernels } from "./kernels.ts";
import { locked } from "./lock.ts";
import { BINDING, faults, HUSH, refreshTimes, writeManifest } from "./manifest.ts";
import { tfjsNode, type TfjsNode } from "./tfjs-node.ts";
import { tools, type Tools } from "./tools.ts";
import { downloadWheel, libraries, unpackWheel, wheelVersion, type Watch } from "./wheel.ts";

/** Wheel, libraries and headers at once, with a little air, bytes. */
const SPACE = 1.3e9;
const BUILDING = ".building-";

/** What an installation asks of the machine; tests put their own here. */
export type Steps = {
  readonly tools: () => Promise<Tools>;
  readonly freeBytes: (folder: string) => Promise<number>;
  readonly download: (python: string, folder: string, watch: Watch) => Promise<string>;
  readonly unpack: (wheel: string, folder: string, watch: Watch) => Promise<void>;
  readonly compile: (compiler: string, folder: string, sources: TfjsNode) => Promise<void>;
  readonly probe: (binding: string) => Promise<string>;
  /** Makes our own kernels; says why where it cannot, which is no reason to go without the engine. */
  readonly kernels: (compiler: string, folder: string) => Promise<string | undefined>;
};

const steps: Steps = {
  tools,
  async freeBytes(folder) {
    const { bavail, bsize } = await process.getBuiltinModule("node:fs/promises").statfs(folder);
    return bavail * bsize;
  },
  download: downloadWheel,
  unpack: unpackWheel,
  compile: compileBinding,
  probe: probeBinding,
  kernels: compileKernels,
};

/** Hears of each stage of an installation: what is being done, and, where it takes long, how far it is in bytes. */
export type Listener = { stage(title: string): Watch };

export type InstallOptions = {
  /** Installs again what is there already. */
  readonly force?: boolean;
  readonly engines?: string;
  readonly listener?: Listener;
  readonly steps?: Partial<Steps>;
};

export type Installation = Installed & { readonly already: boolean };

/** The machine lacks something that an installation from the wheel needs; `missing` says what, one line each. */
export class ToolsMissing extends Error {
  override readonly name = "ToolsMissing";
  readonly missing: readonly string[];

  constructor(missing: readonly string[]) {
    super(`Cannot build the native engine: ${missing.join("; ")}`);
    this.missing = missing;
  }
}

/**
 * Puts the native engine into the cache: the libraries of TensorFlow's wheel, tfjs-node's binding compiled against them, and kernels of our own.
 *
 * Built in a folder of its own and renamed when whole, under a lock: an installation that is killed leaves nothing that a later one
 * would take for an engine, and two at once do the work once.
 *
 * @throws ToolsMissing where Python, pip, a compiler or `@tensorflow/tfjs-node` is missing; Error without space or the right to write, and
 * when a step fails
 */
export async function installNative({
  force = false,
  engines = enginesFolder(),
  listener = { stage: () => () => {} },
  steps: own = {},
}: InstallOptions = {}): Promise<Installation> {
  const sources = tfjsNode();
  if (sources === undefined) throw new ToolsMissing(["@tensorflow/tfjs-node is not installed: npm install --ignore-scripts @tensorflow/tfjs-node"]);
  const there = force ? undefined : await whole(sources, engines);
  if (there !== undefined && hasKernels(there.folder)) return { ...there, already: true };
  return locked(
    engines,
    async () => {
      await removeUnfinished(engines);
      const meanwhile = force ? undefined : await whole(sources, engines);
      const all = { ...steps, ...own };
      if (meanwhile !== undefined) {
        await addKernels(meanwhile.folder, listener, all);
        return { ...meanwhile, already: true };
      }
      return { ...(await build(sources, engines, listener, all)), already: false };
    },
    { waiting: () => listener.stage("waiting for another installation to end") },
  );
}

async function whole({ version }: TfjsNode, engines: string): Promise<Installed | undefined> {
  const [installed] = installedEngines(version, engines);
  if (installed === undefined || (await faults(installed.folder, installed.manifest)).length > 0) return undefined;
  await refreshTimes(installed.folder, installed.manifest);
  return installed;
}

/** An engine from before has the kernels of another version, or none. */
async function addKernels(folder: string, listener: Listener, { tools: find, kernels }: Steps): Promise<void> {
  if (hasKernels(folder)) return;
  const { compiler } = await find();
  if (compiler.program === undefined) return without(`${compiler.name} is not installed: ${compiler.get}`, listener);
  await compiled(kernels, { compiler: compiler.program, folder, listener });
}

/** Compiles our own kernels, or says that it cannot. */
async function compiled(
  kernels: Steps["kernels"],
  { compiler, folder, listener }: { readonly compiler: string; readonly folder: string; readonly listener: Listener },
): Promise<void> {
  listener.stage("compiling kernels");
  const reason = await kernels(compiler, folder);
  if (reason !== undefined) without(reason, listener);
}

function without(reason: string, listener: Listener): void {
  listener.stage(`no kernels of our own, TensorFlow's do everything, several times slower: ${reason}`);
}

/** Called under the lock, so whoever made them is dead. */
async function removeUnfinished(engines: string): Promise<void> {
  const { readdir, rm } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  for (const name of await readdir(engines)) if (name.startsWith(BUILDING)) await rm(join(engines, name), { recursive: true, force: true });
}

async function build(
  sources: TfjsNode,
  engines: string,
  listener: Listener,
  { tools: find, freeBytes, download, unpack, compile, probe, kernels }: Steps,
): Promise<Installed> {
  const { chmod, mkdtemp, rename, rm } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const { python, pip, compiler } = await find();
  const missing = [python, pip, compiler].filter(({ program }) => program === undefined).map(({ name, get }) => `${name} is not installed: ${get}`);
  if (missing.length > 0 || pip.program === undefined || compiler.program === undefined) throw new ToolsMissing(missing);
  const free = await freeBytes(engines);
  if (!(free >= SPACE))
    throw new Error(
      `Cannot install the native engine in ${engines}: needs ${gigabytes(SPACE)} GB, ${gigabytes(free)} GB free; set LAB_CACHE_DIR to a folder with more space`,
    );
  const folder = await mkdtemp(join(engines, BUILDING));
  try {
    listener.stage("asking pip for TensorFlow");
    const wheel = await download(pip.program, folder, listener.stage("downloading TensorFlow"));
    const tensorflow = wheelVersion(wheel);
    await unpack(wheel, folder, listener.stage(`unpacking TensorFlow ${tensorflow}`));
    await rm(wheel);
    listener.stage("compiling the binding");
    await compile(compiler.program, folder, sources);
    await rm(join(folder, "include"), { recursive: true, force: true });
    await compiled(kernels, { compiler: compiler.program, folder, listener });
    listener.stage("checking that it loads");
    await probe(join(folder, BINDING));
    const manifest = await writeManifest(folder, {
      tfjs: sources.version,
      tensorflow,
      paths: [HUSH, BINDING, ...libraries().map((library) => `lib/${library}`)],
    });
    const place = join(engines, engineFolderName(sources.version, tensorflow));
    await rm(place, { recursive: true, force: true });
    // A cache may be shared: others read it, and temporary folders are closed to them.
    await chmod(folder, 0o755);
    await rename(folder, place);
    return { folder: place, manifest };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
