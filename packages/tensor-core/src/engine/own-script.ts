import { command, lastWords } from "./command.ts";
import { ownBinding, tfjsNode, type TfjsNode } from "./tfjs-node.ts";

/** How long the server of tfjs-node's libraries has to answer, milliseconds. */
const PATIENCE = 4000;

type OwnScript = { readonly ok: boolean; readonly reason: string };

/** Where tfjs-node's own script looks for its libraries; the variable is its own. */
function libraryServer(env: NodeJS.ProcessEnv = process.env): string {
  return env["TFJS_NODE_CDN_STORAGE"] ?? env["npm_config_TFJS_NODE_CDN_STORAGE"] ?? env["CDN_STORAGE"] ?? "https://storage.googleapis.com/";
}

async function answers(server: string): Promise<boolean> {
  try {
    await fetch(server, { method: "HEAD", signal: AbortSignal.timeout(PATIENCE) });
    return true;
  } catch {
    return false;
  }
}

/** Runs tfjs-node's own installation script where its server answers; what it makes lands in that package's folder. Never throws. */
export async function ownScript(say: (line: string) => void = () => {}, found: TfjsNode | undefined = tfjsNode()): Promise<OwnScript> {
  if (found === undefined) return { ok: false, reason: "tfjs-node's own script: the package is not installed" };
  const server = libraryServer();
  if (!(await answers(server))) return { ok: false, reason: `tfjs-node's own script: ${server} does not answer within ${PATIENCE / 1000} s` };
  say("running tfjs-node's own script");
  const { delimiter, join } = process.getBuiltinModule("node:path");
  const bin = [join(found.folder, "node_modules", ".bin"), join(found.folder, "..", "..", ".bin")];
  const env = { ...process.env, PATH: [...bin, process.env["PATH"] ?? ""].join(delimiter) };
  const finished = await command(process.execPath, [join("scripts", "install.js")], { cwd: found.folder, env });
  if (finished.code !== 0 || ownBinding(found) === undefined) return { ok: false, reason: `tfjs-node's own script failed: ${lastWords(finished)}` };
  return { ok: true, reason: "" };
}
