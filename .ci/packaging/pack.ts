import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { conclude, packages, packed, root, type Manifest } from "./packages.ts";

/** Packs every package, and checks that a tarball holds what its manifest promises and nothing else. */
rmSync(packed, { recursive: true, force: true });
mkdirSync(packed, { recursive: true });
execFileSync("npx", ["-y", "pnpm@10.34.9", "--silent", "-r", "--filter", "./packages/*", "pack", "--pack-destination", packed], {
  cwd: root,
  stdio: ["ignore", "ignore", "inherit"],
});

const problems = packages.flatMap(({ manifest: { name, exports, bin = {} }, tarball, folder }) => {
  const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((file) => file.replace(/^package\//, ""));
  const promised = [
    "LICENSE",
    "README.md",
    ...Object.values(exports).flatMap((target) => (typeof target === "string" ? [target] : [target["types"]!, target["default"]!])),
    ...Object.values(bin),
  ];
  const missing = promised.map((file) => file.replace(/^\.\//, "")).filter((file) => !files.includes(file));
  const stray = files.filter(
    (file) => !/^(dist\/|bin\/|native\/[\w-]+\.(cc|h)$|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(file) || /\.test\.|\.tsbuildinfo$/.test(file),
  );
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(
    execFileSync("tar", ["-xzOf", tarball, "package/package.json"], { encoding: "utf8" }),
  ) as Manifest;
  const unresolved = Object.entries({ ...dependencies, ...peerDependencies }).filter(([, range]) => /^(catalog|workspace|link|file):/.test(range));
  return [
    ...missing.map((file) => `The tarball of ${name} lacks ${file}`),
    ...stray.map((file) => `The tarball of ${name} holds ${file}`),
    ...unresolved.map(([dependency, range]) => `The tarball of ${name} asks for ${dependency}@${range}`),
    ...(readFileSync(join(folder, "LICENSE"), "utf8") === readFileSync(join(root, "LICENSE"), "utf8")
      ? []
      : [`The licence of ${name} differs from the root's`]),
  ];
});
conclude(problems, `${packages.length} packages packed`);
