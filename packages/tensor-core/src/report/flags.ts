import type { ArgsDef } from "citty";
import { writableFolder } from "./writable-folder.ts";

/** How much work an example does. */
export type Effort = "smoke" | "default" | "full";

/** What every example can be told. */
export type Flags = {
  readonly effort: Effort;
  readonly seed: number;
  /** The folder of the report: it exists and can be written. */
  readonly out: string;
  /** One JSON object as the last line of standard output, and nothing else on it. */
  readonly json: boolean;
  readonly resume: boolean;
  /** A folder of data that the user named. */
  readonly data: string | undefined;
  /** Which parts of the work the user asked for. */
  readonly only: string | undefined;
  /** Whether to show what there is to say, and stop. */
  readonly help: boolean;
};

export type About = {
  /** The script's name, without its ending. */
  readonly name: string;
  /** One sentence for `--help`. */
  readonly description: string;
  readonly seed?: number;
  readonly out?: string;
  /** What `--data FOLDER` holds; without it there is no such flag. */
  readonly data?: string;
  /** Which parts `--only TEXT` chooses; without it there is no such flag. */
  readonly only?: string;
};

function definitions({ name, seed = 0, out = `out/${name}`, data, only }: About): ArgsDef {
  return {
    smoke: { type: "boolean", description: "The smallest run that goes through every step" },
    full: { type: "boolean", description: "The long run" },
    seed: { type: "string", default: String(seed), valueHint: "N", description: "A whole number; the same one gives the same results" },
    out: { type: "string", default: out, valueHint: "DIR", description: "The folder of the report, its figures and checkpoints" },
    json: { type: "boolean", description: "Print one JSON object as the last line, and no tables" },
    resume: { type: "boolean", description: "Go on from the checkpoints in --out; without it they are removed" },
    ...(data !== undefined && { data: { type: "string" as const, valueHint: "DIR", description: data } }),
    ...(only !== undefined && { only: { type: "string" as const, valueHint: "TEXT", description: only } }),
    help: { type: "boolean", alias: "h", description: "Show this" },
  };
}

/**
 * The flags of a command line, read and checked; with --help, the others may be wrong and have their defaults.
 *
 * @throws RangeError for an unknown flag, a value that lacks or does not fit, or --smoke with --full
 * @example
 * ```ts
 * import { parsedFlags } from "@lab/tensor-core/report";
 * const flags = await parsedFlags(["--smoke", "--seed", "7"], { name: "walk", description: "A random walk" });
 * flags.effort + flags.seed; // => 'smoke7'
 * ```
 */
export async function parsedFlags(argv: readonly string[], about: About): Promise<Flags> {
  const { parseArgs } = await import("citty");
  const known = definitions(about);
  const given = parseArgs([...argv], known) as { readonly [name: string]: unknown; readonly _: readonly string[] };
  if (given["help"] === true) return { ...(await parsedFlags([], about)), help: true };
  const stray = Object.keys(given).find((name) => name !== "_" && name !== "h" && !(name in known));
  if (stray !== undefined)
    throw new RangeError(
      `Cannot read the flags: ${stray.length === 1 ? "-" : "--"}${stray} is not one of ${Object.keys(known)
        .map((name) => `--${name}`)
        .join(", ")}`,
    );
  if (given._.length > 0) throw new RangeError(`Cannot read the flags: expected flags only, got "${given._[0]}"`);
  for (const [name, { type }] of Object.entries(known)) {
    const value = given[name];
    if (type === "string" && value !== undefined && (value === "" || (typeof value === "string" && value.startsWith("--"))))
      throw new RangeError(`Cannot read the flags: --${name} needs a value`);
  }
  if (given["smoke"] === true && given["full"] === true) throw new RangeError("Cannot read the flags: expected --smoke or --full, got both");
  const seed = Number(given["seed"]);
  if (!/^\d+$/.test(String(given["seed"])) || !Number.isSafeInteger(seed))
    throw new RangeError(`Cannot read the flags: --seed must be a whole number in [0, 2^53), got ${String(given["seed"])}`);
  return {
    effort: given["smoke"] === true ? "smoke" : given["full"] === true ? "full" : "default",
    seed,
    out: given["out"] as string,
    json: given["json"] === true,
    resume: given["resume"] === true,
    data: given["data"] as string | undefined,
    only: given["only"] as string | undefined,
    help: false,
  };
}

/**
 * The flags that this process was started with. `--help` prints them and exits with 0; a mistake, or a folder that cannot be written, prints one line and exits with 2.
 *
 * @example
 * ```ts
 * import { tmpdir } from "node:os";
 * import { flags } from "@lab/tensor-core/report";
 * const { effort, seed, json } = await flags({ name: "walk", description: "A random walk", out: tmpdir() }, []);
 * [effort, seed, json]; // => [ 'default', 0, false ]
 * ```
 */
export async function flags(about: About, argv: readonly string[] = process.argv.slice(2)): Promise<Flags> {
  try {
    const parsed = await parsedFlags(argv, about);
    if (!parsed.help) return { ...parsed, out: await writableFolder(parsed.out) };
    const { renderUsage } = await import("citty");
    process.stdout.write(`${await renderUsage({ meta: { name: about.name, description: about.description }, args: definitions(about) })}\n`);
    return process.exit(0);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nSee --help\n`);
    return process.exit(2);
  }
}
