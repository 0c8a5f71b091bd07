/** What a finished command left. */
export type Finished = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type CommandOptions = {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with each piece of standard output as it comes. */
  readonly heard?: (text: string) => void;
};

/** Runs a program to its end; a program that cannot be started ends with code 127, like in a shell. */
export function command(program: string, args: readonly string[], { cwd, env = process.env, heard }: CommandOptions = {}): Promise<Finished> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      heard?.(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", (error) => resolve({ code: 127, stdout, stderr: stderr + error.message }));
    child.on("close", (code, signal) => resolve({ code: code ?? 1, stdout, stderr: signal === null ? stderr : `${stderr}ended by ${signal}` }));
  });
}

/** The first of `programs` that runs with `args` and ends well, with what it says. */
export async function firstThatRuns(
  programs: readonly string[],
  args: readonly string[],
): Promise<{ readonly program: string; readonly says: string } | undefined> {
  for (const program of programs) {
    const { code, stdout, stderr } = await command(program, args);
    if (code === 0) return { program, says: (stdout || stderr).trim().split("\n")[0] ?? "" };
  }
  return undefined;
}

/** The last lines of what a failed command said, without empty ones and without the warnings of retries before them. */
export function lastWords({ stdout, stderr }: Finished, lines = 3): string {
  const said = (stderr.trim() || stdout.trim()).split("\n").filter((line) => line.trim() !== "" && !line.startsWith("WARNING:"));
  return said.slice(-lines).join("\n") || "it said nothing";
}
