import { aNbNaN } from "../language/a-n-b-n-a-n.ts";
import { aNbNcN } from "../language/a-n-b-n-c-n.ts";
import { aNbN } from "../language/a-n-b-n.ts";
import { baN } from "../language/ba-n.ts";
import { bbaN } from "../language/bba-n.ts";
import { dyck } from "../language/dyck.ts";
import type { Grammar } from "../language/grammar.ts";
import { parity } from "../language/parity.ts";
import { shuffledDyck } from "../language/shuffled-dyck.ts";
import { tomita } from "../language/tomita.ts";

const GRAMMARS: Readonly<Record<string, () => Grammar>> = {
  aNbN: () => aNbN(),
  aNbNaN: () => aNbNaN(),
  aNbNcN: () => aNbNcN(),
  baN,
  bbaN,
  "dyck-1": () => dyck({ pairs: 1 }),
  "dyck-2": () => dyck({ pairs: 2 }),
  parity,
  "shuffle-2": () => shuffledDyck({ pairs: 2 }),
  "tomita-1": () => tomita(1),
  "tomita-2": () => tomita(2),
  "tomita-3": () => tomita(3),
  "tomita-4": () => tomita(4),
  "tomita-5": () => tomita(5),
  "tomita-6": () => tomita(6),
  "tomita-7": () => tomita(7),
};

/**
 * The names of the languages that the command line knows.
 *
 * @example
 * ```ts
 * import { grammarNames } from "@lab/nonident";
 * grammarNames.length; // => 16
 * ```
 */
export const grammarNames: readonly string[] = Object.keys(GRAMMARS);

/**
 * The language of a name.
 *
 * @throws RangeError that lists the names, for a name that is none of them
 * @example
 * ```ts
 * import { namedGrammar } from "@lab/nonident";
 * namedGrammar("dyck-2").contains([0, 2, 3, 1]); // => true
 * ```
 */
export function namedGrammar(name: string): Grammar {
  const found = Object.hasOwn(GRAMMARS, name) ? GRAMMARS[name] : undefined;
  if (found === undefined) throw new RangeError(`Cannot find a language: expected one of ${grammarNames.join(", ")}, got ${name}`);
  return found();
}
