/** Checkpoints of another run, and data that cannot be read; what JavaScript says of undefined values begins alike, and is no mistake of the user. */
const MENDABLE = /^Cannot (?:resume|learn from|take a record|read (?!propert))/u;

/**
 * Ends the process for an error that nothing caught: with one line for what the user did or can mend, an interruption (130), or checkpoints of another run or data that cannot be read (2),
 * and with its stack for any other (1).
 */
export function ended(error: unknown): never {
  const message = error instanceof Error ? error.message : "";
  const code = message.startsWith("Interrupted at") ? 130 : MENDABLE.test(message) ? 2 : 1;
  console.error(code === 130 ? `${message}: give the same flags and --resume` : code === 2 ? message : error);
  return process.exit(code);
}

/** Ends the process (2) with what was wrong with the flags. */
export function mistaken(error: unknown): never {
  console.error(`${(error as Error).message}\nSee --help`);
  return process.exit(2);
}
