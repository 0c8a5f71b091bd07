import { execFileSync } from "node:child_process";
import readChangesets from "@changesets/read";
import { conclude, packages, root } from "./packages.ts";

/** Every package whose published files changed since the last release is named by a changeset, and changesets name only packages of ours. */
const git = (...args: readonly string[]): string => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
/** The last commit that wrote a changelog is the last release; without one, all of history is new. */
const release = git("log", "-1", "--format=%H", "--", "packages/*/CHANGELOG.md");
const changed = release === "" ? git("ls-files") : git("diff", "--name-only", release);
const touched = packages.filter(({ short }) =>
  changed.split("\n").some((file) => new RegExp(`^packages/${short}/(src/(?!.*\\.test\\.ts$)|bin/|package\\.json$)`).test(file)),
);

const changesets = await readChangesets(root);
const named = new Set(changesets.flatMap(({ releases }) => releases.map(({ name }) => name)));
conclude(
  [
    ...changesets.flatMap(({ id, releases }) =>
      releases
        .filter(({ name }) => !packages.some(({ manifest }) => manifest.name === name))
        .map(({ name }) => `.changeset/${id}.md names ${name}, which is none of our packages`),
    ),
    ...changesets.filter(({ summary }) => summary.trim() === "").map(({ id }) => `.changeset/${id}.md says nothing`),
    ...touched
      .filter(({ manifest: { name } }) => !named.has(name))
      .map(({ manifest: { name } }) => `${name} changed since the last release: add a changeset with \`npx changeset\``),
  ],
  `${touched.length} changed packages, ${changesets.length} changesets`,
);
