import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { globSync } from "tinyglobby";

export const root: string = join(import.meta.dirname, "../..");
/** Where `pack` leaves the tarballs for the gates that read them. */
export const packed: string = join(root, "node_modules/.cache/packed");

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}
/** One of the published packages. */
export interface Package {
  /** The name of its folder: `tensor-core`. */
  readonly short: string;
  readonly folder: string;
  readonly manifest: Manifest;
  readonly tarball: string;
}

/** The packages that are published, by name. */
export const packages: readonly Package[] = globSync("packages/*/package.json", { cwd: root })
  .toSorted()
  .map((file) => {
    const folder = join(root, file, "..");
    const manifest = JSON.parse(readFileSync(join(root, file), "utf8")) as Manifest;
    return { short: basename(folder), folder, manifest, tarball: join(packed, `${manifest.name.slice(1).replace("/", "-")}-${manifest.version}.tgz`) };
  });

/** The entries of a package that hold code: subpath, name to import, built files. */
export function entries({
  manifest,
  folder,
}: Package): { readonly subpath: string; readonly specifier: string; readonly types: string; readonly code: string }[] {
  return Object.entries(manifest.exports).flatMap(([subpath, target]) =>
    typeof target === "string"
      ? []
      : [{ subpath, specifier: join(manifest.name, subpath), types: join(folder, target["types"]!), code: join(folder, target["default"]!) }],
  );
}

/** Prints what is wrong, or that nothing is, and ends the process accordingly. */
export function conclude(problems: readonly string[], fine: string): never {
  for (const problem of problems) console.log(problem);
  if (problems.length === 0) console.log(fine);
  process.exit(problems.length > 0 ? 1 : 0);
}
