/** Words that files of the project do not hold, and which files. */
const RULES: readonly { readonly says: string; readonly pattern: RegExp; readonly only: RegExp; readonly except?: RegExp }[] = [
  { says: "a path of one machine", pattern: /(?<![\w.:/}@-])\/(?:work|tmp|root|opt|home)\/[a-z]/, only: /./ },
  { says: "a registry's host", pattern: /https?:\/\/(?:registry\.|pypi\.|files\.pythonhosted)|registry\.npmjs/, only: /./ },
  {
    says: "unfinished work",
    pattern: /\b(?:TODO|FIXME|HACK|XXX)\b|\bnot implemented\b|(?<!")\bplaceholder\b(?!")|\bstub\b/i,
    only: /\.(?:ts|md|json|ya?ml)$/,
    except: /CHANGELOG|^\.ci\/lint\//,
  },
  {
    says: "a silenced check",
    pattern: /@ts-(?:ignore|expect-error|nocheck)|(?:oxlint|eslint)-disable(?!-next-line \S+ -- )/,
    only: /\.ts$/,
    except: /^\.ci\/packaging\/consumer\.ts$/,
  },
];
/** The files that name these words to forbid them. */
const OWN = /^\.ci\/source\/(forbidden|source\.test)\.ts$|^pnpm-lock\.yaml$/;

/** What a file holds that it should not, with its lines. */
export function forbidden(file: string, text: string): string[] {
  const isBinary = text.slice(0, 1024).includes("\0");
  if (isBinary || OWN.test(file)) return [];
  const rules = RULES.filter(({ only, except }) => only.test(file) && except?.test(file) !== true);
  return text
    .split("\n")
    .flatMap((line, i) => rules.filter(({ pattern }) => pattern.test(line)).map(({ says }) => `${file}:${i + 1} holds ${says}: ${line.trim().slice(0, 120)}`));
}
