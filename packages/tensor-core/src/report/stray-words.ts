import type { ArgsDef, Resolvable, SubCommandsDef } from "citty";

/**
 * The names of a flag as they are written, its own first: `selectionWarmup` is --selection-warmup.
 *
 * @example
 * ```ts
 * import { flagNames } from "@lab/tensor-core/report";
 * flagNames("maxTokens", { type: "string", alias: "length" }); // => [ 'max-tokens', 'length' ]
 * ```
 */
export function flagNames(name: string, how: ArgsDef[string]): string[] {
  return [name, ...[("alias" in how ? how.alias : undefined) ?? []].flat()].map(dashed);
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Checks the words of a program of several commands, the command's name first, of which citty takes no notice where it does not know them: a slip of the pen would run with the default.
 *
 * @throws RangeError for a flag that there is not, a flag without its value, and words that belong to no flag
 * @example
 * ```ts
 * import { refuseStray } from "@lab/tensor-core/report";
 * let told = "";
 * try {
 *   await refuseStray(["steps", "--sede", "1"], { program: "walk", commands: { steps: { args: { seed: { type: "string" } } } } });
 * } catch (error) {
 *   told = (error as Error).message;
 * }
 * told; // => 'Cannot run walk steps: there is no --sede; see walk steps --help'
 * ```
 */
export async function refuseStray(
  [name = "", ...words]: readonly string[],
  { program, commands }: { readonly program: string; readonly commands: SubCommandsDef },
): Promise<void> {
  const found = await resolved(Object.entries(commands).find(([each]) => each === name)?.[1]);
  if (found === undefined) return;
  refuse(words, { command: `${program} ${name}`, known: (await resolved(found.args as Resolvable<ArgsDef> | undefined)) ?? {} });
}

/** citty lets what it is given be a value, a promise or a function of either. */
async function resolved<T extends object>(value: Resolvable<T> | undefined): Promise<T | undefined> {
  return typeof value === "function" ? value() : value;
}

function refuse(words: readonly string[], { command, known }: { readonly command: string; readonly known: ArgsDef }): void {
  const types = new Map(Object.entries(known).flatMap(([flag, how]) => flagNames(flag, how).map((each) => [each, how.type] as const)));
  const see = `see ${command} --help`;
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
    if (dashes !== "--" || type === undefined || type === "positional") throw new RangeError(`Cannot run ${command}: there is no ${dashes}${flag}; ${see}`);
    if (type === "boolean") {
      if (value !== undefined) throw new RangeError(`Cannot run ${command}: --${flag} takes no value, got ${value.slice(1)}; ${see}`);
      continue;
    }
    const next = value === undefined ? words[(i += 1)] : value.slice(1);
    if (next === undefined || next === "" || (value === undefined && types.has(dashed(next.replace(/^--/u, ""))) && next.startsWith("--")))
      throw new RangeError(`Cannot run ${command}: --${flag} asks for a value, got ${next === undefined || next === "" ? "none" : next}; ${see}`);
  }
  const places = Object.entries(known).flatMap(([place, how]) => (how.type === "positional" ? [place.toUpperCase()] : []));
  if (loose.length > places.length)
    throw new RangeError(
      places.length === 0
        ? `Cannot run ${command}: expected flags alone, got ${loose[0]}; ${see}`
        : `Cannot run ${command}: expected one ${places.join(" and one ")}, got ${loose.length} words; put text in quotation marks`,
    );
}
