/** The last line of a terminal, which names what runs; nothing where output is not a terminal. */
export interface StatusLine extends Disposable {
  start(name: string): void;
  end(name: string): void;
  /** Prints a line above. */
  print(line: string): void;
}

export function statusLine({ stream = process.stdout }: { readonly stream?: { readonly isTTY?: boolean; write(text: string): unknown } } = {}): StatusLine {
  const started = new Map<string, number>();
  const live = stream.isTTY === true;
  const draw = (): void => {
    const now = performance.now();
    if (live) stream.write(`\r\u001b[K${[...started].map(([name, since]) => `${name} ${Math.round((now - since) / 1000)} s`).join(" · ")}`);
  };
  const timer = live ? setInterval(draw, 1000).unref() : undefined;
  return {
    start(name) {
      started.set(name, performance.now());
      draw();
    },
    end(name) {
      started.delete(name);
      draw();
    },
    print(line) {
      stream.write(`${live ? "\r\u001b[K" : ""}${line}\n`);
      draw();
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      if (live) stream.write("\r\u001b[K");
    },
  };
}
