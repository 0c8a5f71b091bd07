/**
 * Ends the process with one line for what the user did or can mend: an interruption, 130, or checkpoints of another run, 2. Anything else is thrown on, with
 * its stack.
 */
export function ended(error: unknown): never {
  const message = error instanceof Error ? error.message : "";
  const code = message.startsWith("Interrupted at") ? 130 : message.startsWith("Cannot resume from") ? 2 : undefined;
  if (code === undefined) throw error;
  console.error(code === 130 ? `${message}: give the same flags and --resume` : message);
  return process.exit(code);
}
