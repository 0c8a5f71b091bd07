import { command, lastWords } from "./command.ts";
import { compilerArguments } from "./compile.ts";
import { isWritten, kernelsName, kernelSources } from "./kernels.ts";
import { libraries } from "./wheel.ts";

/**
 * Compiles our own kernels against the libraries in `folder`. The engine runs without them, only slower, so a failure is told and nothing else.
 *
 * @returns the compiler's last words where it failed
 */
export async function compileKernels(compiler: string, folder: string): Promise<string | undefined> {
  if (!isWritten()) return undefined;
  const { join } = process.getBuiltinModule("node:path");
  const { rename, rm } = process.getBuiltinModule("node:fs/promises");
  const unfinished = `kernels-${process.pid}.unfinished`;
  // A square root that may set errno is no vector instruction.
  const args = [...compilerArguments(folder, [join(kernelSources(), "kernels.cc")], libraries(), unfinished), "-O3", "-fno-math-errno", "-fvisibility=hidden"];
  const finished = await command(compiler, args);
  if (finished.code !== 0) {
    await rm(join(folder, unfinished), { force: true });
    return lastWords(finished);
  }
  await rename(join(folder, unfinished), join(folder, kernelsName()));
  return undefined;
}
