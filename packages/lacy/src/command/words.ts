import type { ArgsDef } from "citty";

/** A flag's name as it is written: --selection-warmup. */
export function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}

/** The other names that a flag goes by. */
export function aliases(flag: ArgsDef[string]): readonly string[] {
  const given = "alias" in flag ? flag.alias : undefined;
  return given === undefined ? [] : [given].flat();
}

/**
 * Checks the words of a command, of which citty takes no notice where it does not know them: a slip of the pen would train with the default.
 *
 * @throws Error for a flag that there is not, a flag without its value, and words that belong to no flag
 */
export function refuseStray(words: readonly string[], { name, known }: { readonly name: string; readonly known: ArgsDef }): void {
  const types = new Map(Object.entries(known).flatMap(([flag, how]) => [flag, ...aliases(how)].map((each) => [dashed(each), how.type] as const)));
  const see = `see lacy ${name} --help`;
  const loose: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--") {
      loose.push(...words.slice(i + 1));
      break;
    }
    const [, dashes, flag, value] = /^(--?)([a-z][^=]*)(=.*)?$/isu.exec(word) ?? [];
    if (flag === undefined) {
      loose.push(word);
      continue;
    }
    const type = types.get(dashed(flag));
    if (dashes !== "--" || type === undefined || type === "positional") throw new Error(`Cannot run lacy ${name}: there is no ${dashes}${flag}; ${see}`);
    if (type === "boolean") {
      if (value !== undefined) throw new Error(`Cannot run lacy ${name}: --${flag} takes no value, got ${value.slice(1)}; ${see}`);
      continue;
    }
    const next = value === undefined ? words[(i += 1)] : value.slice(1);
    if (next === undefined || next === "" || (value === undefined && types.has(dashed(next.replace(/^--/u, ""))) && next.startsWith("--")))
      throw new Error(`Cannot run lacy ${name}: --${flag} asks for a value, got ${next === undefined || next === "" ? "none" : next}; ${see}`);
  }
  const places = Object.entries(known).flatMap(([place, how]) => (how.type === "positional" ? [place.toUpperCase()] : []));
  if (loose.length > places.length)
    throw new Error(
      places.length === 0
        ? `Cannot run lacy ${name}: expected flags alone, got ${loose[0]}; ${see}`
        : `Cannot run lacy ${name}: expected one ${places.join(" and one ")}, got ${loose.length} words; put text in quotation marks`,
    );
}
