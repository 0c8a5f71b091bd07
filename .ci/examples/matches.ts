import { inspect } from "node:util";

/** How a value reads on one line. */
export function shown(value: unknown): string {
  const text = isTensor(value) ? String(value) : inspect(value, { breakLength: Infinity, compact: true, depth: 6, maxArrayLength: 1000 });
  return oneLine(text);
}

/**
 * Whether a value reads as promised. A string may be promised with either quotes; `…` stands for further digits (`0.693…`) or,
 * at the end, for the rest of a text.
 */
export function matches(value: unknown, promised: string): boolean {
  const expected = oneLine(promised);
  const readings = typeof value === "string" ? [shown(value), JSON.stringify(value), oneLine(value)] : [shown(value)];
  const pattern = new RegExp(`^${expected.split("…").map(escaped).map(withDigits).join("")}$`);
  return readings.some((reading) => reading === expected || pattern.test(reading));
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** What an ellipsis after `text` stands for; nothing after the last piece. */
function withDigits(text: string, i: number, pieces: readonly string[]): string {
  if (i === pieces.length - 1) return text;
  return /\d$/.test(text) ? `${text}\\d*(?:e[+-]?\\d+)?` : `${text}.*`;
}

function isTensor(value: unknown): boolean {
  return typeof value === "object" && value !== null && "dataId" in value && "rankType" in value;
}
