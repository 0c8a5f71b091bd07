const KEY = /^(?:[A-Z][A-Za-z]*)[a-z]\d{4}[a-z]?(?=$|[,\s])/;
const BRACKETS = /(?<![\w`"'])\[([^[\]]+)\](?!\()/g;

/** The keys in brackets of a text, `[Maurer2004, Theorem 5; McAllester1999]`, each with its line, counted from 0. */
export function citedKeys(text: string): { readonly key: string; readonly line: number }[] {
  return [...text.matchAll(BRACKETS)].flatMap(({ 1: inside, index }) => {
    const line = text.slice(0, index).split("\n").length - 1;
    return inside!
      .split(";")
      .flatMap((part) => KEY.exec(part.trim())?.[0] ?? [])
      .map((key) => ({ key, line }));
  });
}

/** What is wrong with a bibliography, given where each key is cited. */
export function bibliographyProblems(bibliography: string, cited: ReadonlyMap<string, string>): string[] {
  const entries = entryKeys(bibliography);
  return [
    ...[...cited].filter(([key]) => !entries.includes(key)).map(([key, place]) => `${place} cites [${key}], which references.bib lacks`),
    ...entries.filter((key, i) => entries.indexOf(key) !== i).map((key) => `references.bib holds ${key} twice`),
    ...entries.filter((key, i) => i > 0 && entries[i - 1]!.toLowerCase() > key.toLowerCase()).map((key) => `references.bib is out of order at ${key}`),
  ];
}

/** The keys of the entries, in their order. */
export function entryKeys(bibliography: string): string[] {
  return [...bibliography.matchAll(/^@\w+\{([^,]+),/gm)].map(([, key]) => key!);
}
