/** Numbers that JSON has no words for, as text. */
const spelled = (_: string, value: unknown): unknown => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value);

function lines(value: unknown, indent: string): string[] {
  if (Array.isArray(value) && value.some((entry) => typeof entry === "object" && entry !== null)) return value.map((entry) => indent + inline(entry));
  return Object.entries(value as object).flatMap(([name, entry]) => {
    if (entry === undefined) return [];
    if (Array.isArray(entry) && entry.some((part) => typeof part === "object" && part !== null)) return [`${indent}${name}`, ...lines(entry, `${indent}  `)];
    return [`${indent}${name.padEnd(18)}${inline(entry)}`];
  });
}

function inline(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toPrecision(10)));
  if (Array.isArray(value)) return value.map(inline).join(", ");
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([name, entry]) => `${name} ${inline(entry)}`)
      .join("  ");
  return String(value);
}

/** Prints figures: one JSON object, in which infinite ones are text, or a line each. */
export function printed(figures: object, json: boolean): void {
  console.log(json ? JSON.stringify(figures, spelled) : lines(figures, "").join("\n"));
}
