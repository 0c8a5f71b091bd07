/** Something that must hold of the whole repository, and the command that decides it. */
export interface Gate {
  readonly name: string;
  /** What holds when it passes. */
  readonly says: string;
  readonly command: readonly string[];
  /** Gates that must pass before. */
  readonly needs?: readonly string[];
  /** How many of the two slots it takes: 2 for what runs workers of its own. */
  readonly slots?: 1 | 2;
  readonly env?: Readonly<Record<string, string>>;
  /** A file that the command writes, from which the tests inside the gate are counted. */
  readonly counts?: { readonly file: string; read(text: string): Count };
  /** Runs only when asked for by name, or with `--slow`. */
  readonly slow?: boolean;
}

export interface Count {
  readonly passed: number;
  readonly failed: number;
}

export interface Outcome extends Count {
  readonly gate: Gate;
  readonly status: "passed" | "failed" | "blocked";
  readonly seconds: number;
  readonly output: string;
}
