import { vi } from "vitest";
import { ended } from "./lacy-command.ts";

/** What the command prints, its errors, and how it ends: for tests. */
export async function captured(...words: readonly string[]): Promise<{ readonly out: string; readonly err: string; readonly code: number }> {
  const [out, err]: [string[], string[]] = [[], []];
  const log = vi.spyOn(console, "log").mockImplementation((line) => void out.push(`${String(line)}\n`));
  const error = vi.spyOn(console, "error").mockImplementation((line) => void err.push(`${String(line)}\n`));
  const code = await ended(words);
  log.mockRestore();
  error.mockRestore();
  return { out: out.join(""), err: err.join(""), code };
}
