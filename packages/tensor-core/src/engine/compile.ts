import { command, lastWords } from "./command.ts";
import { BINDING } from "./manifest.ts";
import type { TfjsNode } from "./tfjs-node.ts";
import { libraries } from "./wheel.ts";

/** The compiler's arguments: the binding's two sources against the headers and libraries in `folder`, found again beside the binding. */
export async function compilerArguments(folder: string, sources: TfjsNode, platform: string = process.platform): Promise<string[]> {
  const { join } = process.getBuiltinModule("node:path");
  const { include_dir: nodeHeaders } = (await import("node-api-headers")).default;
  const linked = libraries(platform).map((library) => join(folder, "lib", library));
  return [
    "-std=c++17",
    "-O2",
    "-shared",
    "-fPIC",
    "-w",
    "-DNAPI_VERSION=8",
    "-DBUILDING_NODE_EXTENSION",
    `-I${nodeHeaders}`,
    `-I${join(folder, "include")}`,
    join(sources.folder, "binding", "tfjs_backend.cc"),
    join(sources.folder, "binding", "tfjs_binding.cc"),
    ...linked,
    ...(platform === "darwin" ? ["-undefined", "dynamic_lookup", "-Wl,-rpath,@loader_path/lib"] : ["-Wl,-rpath,$ORIGIN/lib", "-Wl,--disable-new-dtags"]),
    "-o",
    join(folder, BINDING),
  ];
}

/**
 * Compiles tfjs-node's binding against the libraries unpacked in `folder`.
 *
 * @throws Error with the compiler's first complaints
 */
export async function compileBinding(compiler: string, folder: string, sources: TfjsNode): Promise<void> {
  const finished = await command(compiler, await compilerArguments(folder, sources));
  if (finished.code === 0) return;
  const errors = finished.stderr.split("\n").filter((line) => /error/i.test(line));
  throw new Error(`${compiler} cannot compile the binding: ${errors.slice(0, 3).join("\n") || lastWords(finished)}`);
}

/**
 * Loads a compiled binding in a process of its own, where a crash harms nobody.
 *
 * @returns the version of the TensorFlow library behind it
 * @throws Error with the loader's message
 */
export async function probeBinding(binding: string): Promise<string> {
  const script = "process.stdout.write(String(require(process.argv[1]).TF_Version))";
  const finished = await command(process.execPath, ["-e", script, binding], { env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3", NODE_OPTIONS: "" } });
  if (finished.code !== 0) throw new Error(`The compiled binding does not load: ${/Error: .*/.exec(finished.stderr)?.[0] ?? lastWords(finished)}`);
  return finished.stdout;
}
