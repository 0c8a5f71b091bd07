import type { ExplainedToken } from "./explanation.ts";

const escaped = (text: string): string => text.replace(/[&<>"]/gu, (c) => `&#${c.codePointAt(0)!};`);

/** How deep a colour is: 0 for no loss, 1 from 8 nats on. */
const depth = (loss: number): number => Math.min(1, Math.max(0, loss / 8));

/**
 * An explanation as an HTML page that needs nothing else: the background is the loss, an underline a fact, a frame a call; pointing at a token tells its numbers.
 *
 * @example
 * ```ts
 * import { explanationPage } from "@lab/lacy";
 * explanationPage([{ text: "<b>", loss: 1, kind: "factual", rule: "Year", score: 0, call: true }]).includes("&#60;b&#62;"); // => true
 * ```
 */
export function explanationPage(tokens: readonly ExplainedToken[], { title = "Who should say what" }: { readonly title?: string } = {}): string {
  const spans = tokens.map(({ text, loss, kind, rule, score, call }) => {
    const told = `loss ${loss.toFixed(2)} nats, ${rule === undefined ? kind : `${kind}: ${rule}`}, score ${score.toFixed(2)}, ${call ? "called" : "own"}`;
    return `<span class="${kind}${call ? " call" : ""}" style="--loss:${depth(loss).toFixed(2)}" title="${escaped(told)}">${escaped(text)}</span>`;
  });
  const calls = tokens.filter(({ call }) => call).length;
  const facts = tokens.filter(({ kind }) => kind === "factual").length;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>
body{font:17px/2 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;color:#111;background:#fff}
span{white-space:pre-wrap;background:rgba(230,120,20,calc(var(--loss,0)*.75))}
.factual{text-decoration:underline 2px #0a58ca}.call{outline:2px solid #111;border-radius:2px}
</style></head><body><h1>${escaped(title)}</h1>
<p>${tokens.length} tokens, ${facts} of facts (<span class="factual">underlined</span>), ${calls} <span class="call">called</span>. The <span style="--loss:.8">deeper</span> the colour, the higher the loss.</p>
<p>${spans.join("")}</p></body></html>
`;
}

/**
 * An explanation for a terminal: colours from dark to red for the loss, underlined facts, calls in reverse.
 *
 * @example
 * ```ts
 * import { explanationText } from "@lab/lacy";
 * explanationText([{ text: "in", loss: 0, kind: "other", rule: undefined, score: 0, call: false }], { colours: false }); // => 'in'
 * ```
 */
export function explanationText(tokens: readonly ExplainedToken[], { colours = true }: { readonly colours?: boolean } = {}): string {
  return tokens
    .map(({ text, loss, kind, call }) => {
      if (!colours) return call ? `[${text}]` : kind === "factual" ? `_${text}_` : text;
      const colour = depth(loss) > 0.66 ? "31" : depth(loss) > 0.33 ? "33" : "39";
      return `\u001B[${[colour, ...(kind === "factual" ? ["4"] : []), ...(call ? ["7"] : [])].join(";")}m${text}\u001B[0m`;
    })
    .join("");
}
