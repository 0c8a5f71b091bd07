/** Why a run ends early. */
export type Interruption = "abort" | "ctrl-c";

/** Watches for an abort, and for Ctrl-C while it is in use; a second Ctrl-C ends the process as usual. */
export function interruption(signal: AbortSignal | undefined, catchCtrlC: boolean): Disposable & { readonly cause: Interruption | undefined } {
  let pressed = false;
  const { process } = globalThis as { process?: Partial<NodeJS.Process> };
  const listen = catchCtrlC && process?.once !== undefined;
  const onPressed = () => {
    pressed = true;
  };
  if (listen) process.once!("SIGINT", onPressed);
  return {
    get cause() {
      return pressed ? "ctrl-c" : signal?.aborted === true ? "abort" : undefined;
    },
    [Symbol.dispose]: () => {
      if (listen) process.removeListener!("SIGINT", onPressed);
    },
  };
}

const PATIENCE = 20;

/** Lets other tasks, signals among them, have their turn every few milliseconds. */
export function breather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < PATIENCE) return;
    await new Promise<void>((resume) => (typeof setImmediate === "function" ? setImmediate(resume) : setTimeout(resume, 0)));
    last = performance.now();
  };
}
