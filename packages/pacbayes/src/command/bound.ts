import { defineCommand, type CommandDef } from "citty";
import { BOUNDS, NUMBERS, type NumberName } from "./bounds.ts";

const names = Object.keys(NUMBERS) as NumberName[];
type NumberFlag = { readonly type: "string"; readonly description: string; readonly valueHint: string };
type BoundArgs = { readonly name: { readonly type: "positional"; readonly description: string; readonly required: true } } & {
  readonly [name in NumberName]: NumberFlag;
} & { readonly json: { readonly type: "boolean"; readonly description: string } };

const number = (name: NumberName): NumberFlag => ({ type: "string", description: NUMBERS[name], valueHint: "number" });
const args: BoundArgs = {
  name: { type: "positional", description: `list, or one of ${Object.keys(BOUNDS).join(", ")}`, required: true },
  risk: number("risk"),
  kl: number("kl"),
  n: number("n"),
  delta: number("delta"),
  lambda: number("lambda"),
  c: number("c"),
  "free-energy": number("free-energy"),
  json: { type: "boolean", description: "Print JSON" },
};

export const boundCommand: CommandDef<BoundArgs> = defineCommand({
  meta: { name: "bound", description: "One PAC-Bayes bound from its numbers, rounded outward; `bound list` names them all" },
  args,
  run({ args: given }) {
    const told = names.filter((name) => given[name] !== undefined);
    if (given.name === "list" && told.length > 0) throw new RangeError(`Cannot list the bounds: expected no numbers, got --${told[0]}`);
    if (given.name === "list") return console.log(given.json === true ? JSON.stringify(listed(), undefined, 2) : listing());
    const entry = Object.hasOwn(BOUNDS, given.name) ? BOUNDS[given.name] : undefined;
    if (entry === undefined) throw new RangeError(`Cannot bound the risk: expected one of ${Object.keys(BOUNDS).join(", ")}, got ${given.name}`);
    const stray = told.find((name) => !entry.needs.includes(name));
    if (stray !== undefined) throw new RangeError(`Cannot bound the risk: ${given.name} takes no --${stray}; it needs ${flags(entry.needs)}`);
    const numbers = Object.fromEntries(entry.needs.map((name) => [name, parsed(given.name, name, given[name])])) as Record<NumberName, number>;
    const bound = entry.value(numbers);
    console.log(given.json === true ? JSON.stringify({ name: given.name, ...numbers, bound }) : String(bound));
  },
});

function parsed(bound: string, name: NumberName, text: string | undefined): number {
  if (text === undefined) throw new RangeError(`Cannot bound the risk: ${bound} needs ${flags(BOUNDS[bound]!.needs)}, got no --${name}`);
  const value = Number(text.replaceAll("_", ""));
  // An empty text would be 0, and NaN is no number that a caller means.
  if (text.trim() === "" || Number.isNaN(value)) throw new RangeError(`Cannot bound the risk: --${name} must be a number, got "${text}"`);
  return value;
}

const flags = (needs: readonly NumberName[]): string => needs.map((name) => `--${name}`).join(" ");

function listed(): readonly { readonly name: string; readonly needs: readonly string[]; readonly says: string }[] {
  return Object.entries(BOUNDS).map(([name, { needs, says }]) => ({ name, needs, says }));
}

function listing(): string {
  return listed()
    .map(({ name, needs, says }) => `${name.padEnd(20)}${says}\n${" ".repeat(20)}${needs.map((need) => `--${need}`).join(" ")}`)
    .join("\n");
}
