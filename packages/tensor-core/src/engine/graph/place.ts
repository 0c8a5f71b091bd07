const OURS = /node_modules|node:|[\\/]tensor-core[\\/](src|dist)[\\/](?!.*\.test\.)/;

/** Where in the caller's code this happened: the innermost frame that is neither a dependency's nor ours. */
export function place(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 100;
  const lines = new Error().stack?.split("\n").slice(1) ?? [];
  Error.stackTraceLimit = stackTraceLimit;
  const line = lines.find((l) => /:\d+:\d+/.test(l) && !OURS.test(l));
  return line === undefined ? "" : ` (${line.trim().replace(/^at /, "at ")})`;
}
