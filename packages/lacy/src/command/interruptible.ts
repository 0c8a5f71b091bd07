/** Work that Ctrl-C ends at its next look at the signal, in one line that says where; a second Ctrl-C ends the process. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, where: () => string): Promise<T> {
  const stop = new AbortController();
  const pressed = (): void => stop.abort();
  process.once("SIGINT", pressed);
  try {
    return await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    throw new Error(`Interrupted at ${where()}`, { cause: error });
  } finally {
    process.removeListener("SIGINT", pressed);
  }
}
