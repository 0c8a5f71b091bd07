/** What came, for a message: JSON on one line, cut to sixty characters, with names for the numbers that JSON lacks. */
export function brief(value: unknown): string {
  const json = JSON.stringify(value, (_, inner: unknown) => (typeof inner === "number" && !Number.isFinite(inner) ? String(inner) : inner));
  const text = (json as string | undefined) ?? "none";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
