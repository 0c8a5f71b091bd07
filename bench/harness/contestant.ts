import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** The process of one contestant for one work. */
export type Launch = { readonly name: string; readonly command: string; readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv };

/** Numbers by name that must be the same, to a tolerance, for every contestant. */
export type Values = { readonly [name: string]: readonly number[] };

/** What a contestant is asked to be ready for. */
export type Task = { readonly work: string; readonly module: string; readonly inputs: string; readonly settings: { readonly [name: string]: number } };

/** Seconds of the timed iterations together, the processor time of the whole process before and after the turn, and what a sampler drew, by chain. */
export type Turn = {
  readonly seconds: number;
  readonly cpuBefore: number;
  readonly cpuAfter: number;
  readonly drawn?: readonly (readonly number[])[];
};

/** A process that waits, idle, for its turn. */
export type Contestant = {
  readonly name: string;
  facts(): Promise<{ readonly versions: { readonly [name: string]: string } }>;
  /** Writes the inputs that all contestants are given; ours only. */
  write(task: Task): Promise<unknown>;
  ready(task: Task): Promise<{ readonly seconds: number; readonly values: Values }>;
  turn(iterations: number, warm: number): Promise<Turn>;
  /** The peak of the resident memory, bytes. */
  memory(): Promise<{ readonly peak: number }>;
  end(): Promise<void>;
};

/** How much of what a contestant printed is shown when it fails. */
const TAIL = 2000;

/**
 * Starts a contestant: it answers each line of JSON on its standard input with a line of JSON on its standard output.
 *
 * Every method throws an Error that carries the contestant's name and its own message if it answers `{"error": …}`, or the end of what it printed if it dies.
 */
export function contestant({ name, command, args, env }: Launch): Contestant {
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (printed = (printed + text).slice(-TAIL)));
  child.stdin.on("error", () => undefined);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exit = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });

  async function ask<Answer>(request: { readonly do: string; readonly [name: string]: unknown }): Promise<Answer> {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await answers.next();
    if (done === true) throw new Error(`Cannot bench ${name}: ${await exit}\n${printed}`.trimEnd());
    const answer = JSON.parse(value) as Answer & { readonly error?: string };
    if (answer.error !== undefined) throw new Error(`Cannot bench ${name}: ${answer.error}`);
    return answer;
  }

  return {
    name,
    facts: () => ask({ do: "facts" }),
    write: (task) => ask({ do: "write", ...task }),
    ready: (task) => ask({ do: "ready", ...task }),
    turn: (iterations, warm) => ask({ do: "turn", iterations, warm }),
    memory: () => ask({ do: "memory" }),
    async end() {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const closed = once(child, "close");
      child.stdin.end();
      const late = setTimeout(() => child.kill("SIGKILL"), 5000);
      await closed;
      clearTimeout(late);
    },
  };
}
