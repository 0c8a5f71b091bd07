import { spawnSync } from "node:child_process";
import { conclude, packages, root } from "./packages.ts";

/** Are the types wrong? For every tarball, as an ESM-only package. */
const problems = packages.flatMap(({ manifest: { name }, tarball }) => {
  const { status, stdout, stderr } = spawnSync("attw", ["--profile", "esm-only", "--format", "ascii", "--no-color", "--no-emoji", tarball], {
    cwd: root,
    encoding: "utf8",
  });
  return status === 0 ? [] : [`${name}:\n${stdout}${stderr}`];
});
conclude(problems, `${packages.length} packages pass`);
