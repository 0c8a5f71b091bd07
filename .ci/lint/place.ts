import { existsSync } from "node:fs";
import { dirname, posix } from "node:path";
import { ASSEMBLIES } from "./layers.ts";

/** Where a file stands in the repository. */
export interface Place {
  /** The path from the repository's root, with forward slashes. */
  readonly path: string;
  /** The folder of its workspace: `packages/pacbayes`, `examples`; empty for files of the root. */
  readonly workspace: string;
  /** The name of its package under `packages/`, if it is in one. */
  readonly pkg: string | undefined;
  /** Whether it is in a package's `src` and is neither a test nor part of the `testing` entry. */
  readonly isSource: boolean;
  readonly isTest: boolean;
}

/** The place of a file, from its absolute name. */
export function placeOf({ filename }: { readonly filename: string }): Place {
  const path = filename.slice(rootOf(dirname(filename)).length + 1).replaceAll("\\", "/");
  const [top = "", name = ""] = path.split("/");
  const pkg = top === "packages" ? name : undefined;
  const workspace = pkg === undefined ? (ASSEMBLIES.includes(top) ? top : "") : `packages/${pkg}`;
  const isTest = /\.(test|slow\.test|bench)\.ts$/.test(path);
  const isSource = pkg !== undefined && path.startsWith(`${workspace}/src/`) && !isTest && !path.startsWith(`${workspace}/src/testing/`);
  return { path, workspace, pkg, isSource, isTest };
}

const roots = new Map<string, string>();

/** The nearest folder above that holds a workspace; the linter may run in any folder of it. */
function rootOf(folder: string): string {
  const known = roots.get(folder);
  if (known !== undefined) return known;
  const above = dirname(folder);
  const root = existsSync(`${folder}/pnpm-workspace.yaml`) || above === folder ? folder : rootOf(above);
  roots.set(folder, root);
  return root;
}

/** The path from the root that a relative import leads to. */
export function target(place: Place, source: string): string {
  return posix.normalize(posix.join(posix.dirname(place.path), source));
}
