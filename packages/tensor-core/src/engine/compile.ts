import { command, lastWords } from "./command.ts";
import { BINDING, HUSH } from "./manifest.ts";
import type { TfjsNode } from "./tfjs-node.ts";
import { libraries } from "./wheel.ts";

/** Part of the binding: says to the library's newer log what `TF_CPP_MIN_LOG_LEVEL` says to its older one. */
const LEVEL_SOURCE = `#include <cstdlib>
#include "absl/log/globals.h"
__attribute__((constructor)) static void level() {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  if (level != nullptr && level[0] > '0') absl::SetMinLogLevel(static_cast<absl::LogSeverityAtLeast>(std::atoi(level)));
}
`;

/**
 * An addon of its own: while the library is being loaded it writes a line about oneDNN that no variable prevents and no code of ours
 * precedes, so standard error leads nowhere for that moment. It also sets environment variables for the library where Node does not: in a
 * worker thread, `process.env` is a copy.
 */
const HUSH_SOURCE = `#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>
#include <node_api.h>
static int kept = -1;
static napi_value hush(napi_env, napi_callback_info) {
  int nowhere = kept < 0 ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
  if (nowhere < 0) return nullptr;
  kept = fcntl(2, F_DUPFD_CLOEXEC, 3);
  if (kept >= 0) dup2(nowhere, 2);
  close(nowhere);
  return nullptr;
}
static napi_value speak(napi_env, napi_callback_info) {
  if (kept < 0) return nullptr;
  dup2(kept, 2);
  close(kept);
  kept = -1;
  return nullptr;
}
static napi_value preset(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value given[2];
  char text[2][1024];
  if (napi_get_cb_info(env, info, &count, given, nullptr, nullptr) != napi_ok || count < 2) return nullptr;
  for (int i = 0; i < 2; i++) if (napi_get_value_string_utf8(env, given[i], text[i], sizeof text[i], nullptr) != napi_ok) return nullptr;
  setenv(text[0], text[1], 0);
  return nullptr;
}
NAPI_MODULE_INIT() {
  napi_property_descriptor properties[] = {
    {"hush", nullptr, hush, nullptr, nullptr, nullptr, napi_default, nullptr},
    {"speak", nullptr, speak, nullptr, nullptr, nullptr, napi_default, nullptr},
    {"preset", nullptr, preset, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  napi_define_properties(env, exports, 3, properties);
  return exports;
}
`;

/** The compiler's arguments for one addon: headers and libraries are those in `folder`, and are found again beside the addon. */
export function compilerArguments(
  folder: string,
  sources: readonly string[],
  linked: readonly string[],
  output: string,
  platform: string = process.platform,
): string[] {
  const { join } = process.getBuiltinModule("node:path");
  // The package has no types.
  const { include_dir: nodeHeaders } = process.getBuiltinModule("node:module").createRequire(import.meta.url)("node-api-headers") as {
    readonly include_dir: string;
  };
  const search =
    platform === "darwin" ? ["-undefined", "dynamic_lookup", "-Wl,-rpath,@loader_path/lib"] : ["-Wl,-rpath,$ORIGIN/lib", "-Wl,--disable-new-dtags"];
  const flags = ["-std=c++17", "-O2", "-shared", "-fPIC", "-w", "-DNAPI_VERSION=8", `-I${nodeHeaders}`, `-I${join(folder, "include")}`];
  return [...flags, ...sources, ...linked.map((library) => join(folder, "lib", library)), ...search, "-o", join(folder, output)];
}

/**
 * Compiles tfjs-node's binding, and the addon that keeps the library quiet, against the libraries unpacked in `folder`.
 *
 * @throws Error with the compiler's first complaints
 */
export async function compileBinding(compiler: string, folder: string, sources: TfjsNode): Promise<void> {
  const { join } = process.getBuiltinModule("node:path");
  const { rm, writeFile } = process.getBuiltinModule("node:fs/promises");
  const level = join(folder, "level.cc");
  const hush = join(folder, "hush.cc");
  await Promise.all([writeFile(level, LEVEL_SOURCE), writeFile(hush, HUSH_SOURCE)]);
  const binding = ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(sources.folder, "binding", name));
  for (const args of [compilerArguments(folder, [hush], [], HUSH), compilerArguments(folder, [...binding, level], libraries(), BINDING)]) {
    const finished = await command(compiler, args);
    if (finished.code === 0) continue;
    const errors = finished.stderr.split("\n").filter((line) => /error/i.test(line));
    throw new Error(`${compiler} cannot compile the binding: ${errors.slice(0, 3).join("\n") || lastWords(finished)}`);
  }
  await Promise.all([rm(level), rm(hush)]);
}

/**
 * Loads a compiled binding in a process of its own, where a crash harms nobody.
 *
 * @returns the version of the TensorFlow library behind it
 * @throws Error with the loader's message
 */
export async function probeBinding(binding: string): Promise<string> {
  const script = "process.stdout.write(String(require(process.argv[1]).TF_Version))";
  const finished = await command(process.execPath, ["-e", script, binding], { env: { ...process.env, NODE_OPTIONS: "" } });
  if (finished.code !== 0) throw new Error(`The compiled binding does not load: ${/Error: .*/.exec(finished.stderr)?.[0] ?? lastWords(finished)}`);
  return finished.stdout;
}
