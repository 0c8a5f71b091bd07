import { firstThatRuns } from "./command.ts";

/** A program that the installation needs, where it was found. */
export type Tool = { readonly name: string; readonly program: string | undefined; readonly says: string; readonly get: string };

export type Tools = { readonly python: Tool; readonly pip: Tool; readonly compiler: Tool };

/** Looks for Python with pip and a C++ compiler; `$CXX` comes first. */
export async function tools(env: NodeJS.ProcessEnv = process.env): Promise<Tools> {
  const [python, pip, compiler] = await Promise.all([
    firstThatRuns(["python3", "python"], ["--version"]),
    firstThatRuns(["python3", "python"], ["-m", "pip", "--version"]),
    firstThatRuns(
      [env["CXX"], "g++", "c++", "clang++"].filter((name): name is string => Boolean(name)),
      ["--version"],
    ),
  ]);
  const tool = (name: string, found: Awaited<ReturnType<typeof firstThatRuns>>, get: string): Tool => ({
    name,
    program: found?.program,
    says: found?.says ?? "not found",
    get,
  });
  const apt = process.platform === "linux";
  return {
    python: tool("python3", python, apt ? "apt-get install python3" : "https://www.python.org/downloads"),
    pip: tool("pip", pip, apt ? "apt-get install python3-pip" : "python3 -m ensurepip"),
    compiler: tool("C++ compiler", compiler, apt ? "apt-get install g++" : "xcode-select --install"),
  };
}
