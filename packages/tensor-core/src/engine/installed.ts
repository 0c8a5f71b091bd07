import { enginesFolder } from "./cache-folder.ts";
import { platformName, readManifest, type Manifest } from "./manifest.ts";

/** An engine in the cache. */
export type Installed = { readonly folder: string; readonly manifest: Manifest };

/** The name of an engine's folder says all that it depends on. */
export function engineFolderName(tfjs: string, tensorflow: string): string {
  return `${platformName()}-tfjs${tfjs}-tensorflow${tensorflow}`;
}

/** The engines in the cache that fit this machine and this version of the binding's sources, newest TensorFlow first. */
export function installedEngines(tfjs: string, engines: string = enginesFolder()): Installed[] {
  const { readdirSync } = process.getBuiltinModule("node:fs");
  const { join } = process.getBuiltinModule("node:path");
  let names: string[];
  try {
    names = readdirSync(engines);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.startsWith(`${platformName()}-tfjs${tfjs}-`))
    .map((name) => ({ folder: join(engines, name), manifest: readManifest(join(engines, name)) }))
    .filter((found): found is Installed => found.manifest?.platform === platformName() && found.manifest.tfjs === tfjs)
    .sort((a, b) => b.manifest.tensorflow.localeCompare(a.manifest.tensorflow, "en", { numeric: true }));
}
