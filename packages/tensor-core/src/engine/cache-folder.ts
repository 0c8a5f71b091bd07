/**
 * The folder in which everything that may be made again is kept, one per user: `LAB_CACHE_DIR`, else the platform's own place
 * (`$XDG_CACHE_HOME/lab`, `~/.cache/lab`, `~/Library/Caches/lab`, `%LOCALAPPDATA%\lab\Cache`).
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  const path = process.getBuiltinModule("node:path");
  if (env["LAB_CACHE_DIR"]) return path.resolve(env["LAB_CACHE_DIR"]);
  const home = process.getBuiltinModule("node:os").homedir();
  if (platform === "win32") return path.join(env["LOCALAPPDATA"] ?? path.join(home, "AppData", "Local"), "lab", "Cache");
  if (platform === "darwin") return path.join(home, "Library", "Caches", "lab");
  return path.join(env["XDG_CACHE_HOME"] || path.join(home, ".cache"), "lab");
}

/** The folder that holds the installed native engines, one folder each. */
export function enginesFolder(env: NodeJS.ProcessEnv = process.env): string {
  return process.getBuiltinModule("node:path").join(cacheFolder(env), "engine");
}
