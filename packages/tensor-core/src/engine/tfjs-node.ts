/** The package that holds the binding's sources and its kernels, where the user has it. */
export type TfjsNode = { readonly folder: string; readonly version: string; readonly require: NodeJS.Require };

/** Finds `@tensorflow/tfjs-node` without loading it; looks beside this package first, then where the program runs. */
export function tfjsNode(): TfjsNode | undefined {
  const { createRequire } = process.getBuiltinModule("node:module");
  const { dirname, join } = process.getBuiltinModule("node:path");
  for (const from of [import.meta.url, join(process.cwd(), "package.json")]) {
    const require = createRequire(from);
    try {
      const manifest = require.resolve("@tensorflow/tfjs-node/package.json");
      const { version } = require(manifest) as { version: string };
      return { folder: dirname(manifest), version, require };
    } catch {
      continue;
    }
  }
  return undefined;
}

/** The binding that the package's own script left in the package's folder, if it did. */
export function ownBinding({ folder }: TfjsNode): string | undefined {
  const { existsSync, readdirSync } = process.getBuiltinModule("node:fs");
  const { join } = process.getBuiltinModule("node:path");
  const lib = join(folder, "lib");
  if (!existsSync(lib)) return undefined;
  const versions = readdirSync(lib).filter((name) => /^napi-v\d+$/.test(name) && Number(name.slice(6)) <= Number(process.versions["napi"]));
  return versions
    .sort((a, b) => Number(b.slice(6)) - Number(a.slice(6)))
    .map((name) => join(lib, name, "tfjs_binding.node"))
    .find((path) => existsSync(path));
}
