import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Words that no file of the project holds: paths of one machine, registry hosts, unfinished work. */
const root = join(import.meta.dirname, "../..");
const RULES: readonly { readonly says: string; readonly pattern: RegExp; readonly only: RegExp; readonly except?: RegExp }[] = [
  { says: "a path of one machine", pattern: /(?<![\w.:/}@-])\/(?:work|tmp|root|opt|home)\/[a-z]/, only: /./, except: /^\.ci\/source\/words\.ts$/ },
  { says: "a registry's host", pattern: /https?:\/\/(?:registry\.|pypi\.|files\.pythonhosted)|registry\.npmjs/, only: /./, except: /^\.ci\/source\/words\.ts$/ },
  { says: "unfinished work", pattern: /\b(?:TODO|FIXME|HACK|XXX)\b|\b(?:not implemented|(?<!")placeholder(?!")|stub)\b/i, only: /\.(?:ts|md|json|ya?ml)$|^\.ci\/run$/, except: /^\.ci\/|CHANGELOG|^pnpm-lock/ },
  { says: "a silenced check", pattern: /@ts-(?:ignore|expect-error|nocheck)|(?:oxlint|eslint)-disable(?!-next-line \S+ -- )/, only: /\.ts$/, except: /^\.ci\/(source\/words|packaging\/consumer)\.ts$/ },
];

const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" }).split("\0").filter((file) => file !== "" && file !== "pnpm-lock.yaml");
const isText = (text: string): boolean => !text.slice(0, 1024).includes("\0");
const found = files.flatMap((file) => {
  const rules = RULES.filter(({ only, except }) => only.test(file) && except?.test(file) !== true);
  const text = contents(file);
  if (rules.length === 0 || !isText(text)) return [];
  return text.split("\n").flatMap((line, i) => rules.filter(({ pattern }) => pattern.test(line)).map(({ says }) => `${file}:${i + 1} holds ${says}: ${line.trim().slice(0, 120)}`));
});
for (const problem of found) console.log(problem);
console.log(`${files.length} files read`);
process.exit(found.length > 0 ? 1 : 0);

/** A file that another process deletes meanwhile holds nothing. */
function contents(file: string): string {
  try {
    return readFileSync(join(root, file), "utf8");
  } catch {
    return "";
  }
}
